"""The outcome of receiving something, and the lock that makes it happen once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.db import connection

from tickets.intake.fields import BadRow
from tickets.models import Ticket

Result = TypeVar("Result")


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


def acquire_advisory_lock(*keys: str) -> None:
    """Wait for the lock of each key, and hold them until this transaction ends.

    Always in the same order, so that two batches never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [sorted(set(keys))],
        )


Received = Outcome | BadRow
"""The effect of one row of a batch, or why it was refused: alone, the others went in."""


def try_each(take: Callable[[Any], Result], rows: Iterable[Any]) -> list[Result | BadRow]:
    """What ``take`` returns for each row, or the BadRow that it raised."""
    return [_try_one(take, row) for row in rows]


def _try_one(take: Callable[[Any], Result], row: Any) -> Result | BadRow:
    try:
        return take(row)
    except BadRow as bad:
        return bad


def list_good(results: Sequence[Result | BadRow]) -> list[Result]:
    """Those that were not refused."""
    return [each for each in results if not isinstance(each, BadRow)]


def get_single(received: Sequence[Received]) -> Outcome:
    """The outcome of a batch of one row. Raises its BadRow."""
    (one,) = received
    if isinstance(one, BadRow):
        raise one
    return one
