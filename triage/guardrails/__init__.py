"""What a reply may say: every sentence attributed, claims borne out, no commitment, the right tone. Pure."""
