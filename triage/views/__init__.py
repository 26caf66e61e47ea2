"""The machine's pages."""
