"""Policies in dated versions: read, loaded, searched, compared and held against each other."""
