"""Measures of speed and quality, each run by a target of the Makefile; nothing imports them."""
