"""Failures of the database that a person has to mend, each in one sentence."""

from django.db import OperationalError


class UnusableDatabase(OperationalError):
    """The database is unreachable, too old or lacks pgvector: nothing can run on it."""
