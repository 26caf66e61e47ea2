"""Learning from people: what is trained on, versions and their comparison, and how one is put to work."""
