"""Which model files there are: pinned by sha256, on offer, and fetched on request."""
