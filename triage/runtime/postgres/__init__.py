"""A PostgreSQL backend that brings its own private server when none is named."""
