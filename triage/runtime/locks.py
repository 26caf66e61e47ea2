"""One at a time, across all processes: a lock of the database that ends with the transaction."""

from __future__ import annotations

from django.db import connection

VERSIONS, PROPOSALS, JOBS, ENCODERS = 0xC1A, 0x1D7, 0x10B, 0x7E5


def one_at_a_time(lock: int) -> None:
    """Wait for whoever else is at it. Only inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
