"""Refunds worked out from rows and rules: what is due, by which rule, and how risky it is. Pure."""
