"""Does a sentence of a reply read like money back? A linear model over its words and letters."""
