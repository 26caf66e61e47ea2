"""What keeps an approval from becoming a reflex: page views, first opinions, seeded checks."""
