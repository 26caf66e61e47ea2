"""How fast each release was: rows in releases.csv, shown by releases.md and releases.svg."""
