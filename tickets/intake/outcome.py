"""What receiving something did, and the lock that makes it happen once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from tickets.models import Ticket


class Did(StrEnum):
    """What became of it, as the last line of an import counts it."""

    CREATED = "created"
    JOINED = "joined a thread"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Outcome:
    """What was done, the ticket where there is one, and what a person should know."""

    did: Did
    ticket: Ticket | None = None
    notes: tuple[str, ...] = ()


def one_at_a_time(key: str) -> None:
    """Let no other transaction receive the same thing until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
