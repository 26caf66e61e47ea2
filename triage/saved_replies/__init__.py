"""Which wording of a saved reply holds for a case, by its rows. Pure."""
