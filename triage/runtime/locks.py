"""One at a time, across all processes: a lock of the database that ends with the transaction."""

from __future__ import annotations

from django.db import connection

VERSIONS_LOCK, PROPOSALS_LOCK, JOBS_LOCK, ENCODERS_LOCK = 0xC1A, 0x1D7, 0x10B, 0x7E5


def acquire_lock(lock: int) -> None:
    """Take a lock across all processes until the transaction ends, waiting for whoever has it.
    Only inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
