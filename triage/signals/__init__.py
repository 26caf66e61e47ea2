"""Urgency, mood and unwanted mail: three small linear models over a text's embedding and its words."""
