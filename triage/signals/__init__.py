"""Urgency, mood and unwanted mail: three small linear models over embedding and words."""
