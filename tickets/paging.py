"""Keyset paging over (received_at, id): as fast on page 900 as on page 1, and never counts.

The place is compared as a row, ``(received_at, id) < (x, y)``, which PostgreSQL looks up in the
index; ``received_at < x OR (received_at = x AND id < y)`` says the same and walks every newer row.
What a page shows of its tickets is read afterwards, by their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets import inbox_filters
from tickets.models import Ticket

PAGE_SIZE = 40
PLACE = Tuple(F("received_at"), F("id"))


@dataclass(frozen=True)
class Cursor:
    """A place between two tickets in the list."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of tickets, newest first; a cursor is None where the list ends."""

    rows: list[Ticket]
    older: Cursor | None = None
    newer: Cursor | None = None


def parse_cursor(text: str) -> Cursor | None:
    """The cursor a link carried; None for anything a link of ours would not carry."""
    at_text, _, pk_text = text.rpartition("_")
    try:
        at = parse_datetime(at_text)
    except ValueError:
        return None
    if at is None or timezone.is_naive(at) or not pk_text.isdecimal() or len(pk_text) > 18:
        return None
    return Cursor(at, int(pk_text))


def get_page(
    tickets: QuerySet[Ticket], *, older: str = "", newer: str = "", size: int = PAGE_SIZE
) -> Page:
    """The page before or after a cursor, or the first one. Two cursors: ``older`` wins."""
    if cursor := parse_cursor(older):
        return _get_page_after(tickets, cursor, size)
    if cursor := parse_cursor(newer):
        return _get_page_before(tickets, cursor, size)
    places = _list_places(tickets.order_by("-received_at", "-id")[: size + 1])
    return _build_page(places, size, newer=None)


def _get_page_after(tickets: QuerySet[Ticket], cursor: Cursor, size: int) -> Page:
    beyond = tickets.filter(TupleLessThan(PLACE, (cursor.at, cursor.pk)))
    places = _list_places(beyond.order_by("-received_at", "-id")[: size + 1])
    return _build_page(places, size, newer=places[0] if places else cursor)


def _get_page_before(tickets: QuerySet[Ticket], cursor: Cursor, size: int) -> Page:
    beyond = tickets.filter(TupleGreaterThan(PLACE, (cursor.at, cursor.pk)))
    places = _list_places(beyond.order_by("received_at", "id")[: size + 1])
    if len(places) <= size:  # a short page at the top would look as if tickets were missing
        return get_page(tickets, size=size)
    places = places[size - 1 :: -1]
    return Page(rows=_load_rows(places), older=places[-1], newer=places[0])


def _list_places(tickets: QuerySet[Ticket]) -> list[Cursor]:
    return [Cursor(at, pk) for at, pk in tickets.values_list("received_at", "pk")]


def _load_rows(places: list[Cursor]) -> list[Ticket]:
    return inbox_filters.load_rows([place.pk for place in places])


def _build_page(places: list[Cursor], size: int, *, newer: Cursor | None) -> Page:
    more, places = len(places) > size, places[:size]
    return Page(rows=_load_rows(places), older=places[-1] if more else None, newer=newer)
