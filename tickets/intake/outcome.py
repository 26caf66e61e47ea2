"""The outcome of receiving something, and the lock that makes it happen once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from tickets.models import Ticket


class Effect(StrEnum):
    """The effect of receiving something, as the last line of an import counts it."""

    CREATED = "created"
    JOINED = "joined a thread"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Outcome:
    """The effect, the ticket where there is one, and what a person should know."""

    did: Effect
    ticket: Ticket | None = None
    notes: tuple[str, ...] = ()


def acquire_advisory_lock(key: str) -> None:
    """Wait for the lock of ``key``, and hold it until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
