"""Keyset paging over (received_at, id): as fast on page 900 as on page 1, and never counts.

The place is compared as a row, ``(received_at, id) < (x, y)``, which PostgreSQL looks up in the
index; ``received_at < x OR (received_at = x AND id < y)`` says the same and walks every newer row.
What a page shows of its tickets is read afterwards, by their ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets import inbox_filters
from tickets.models import Message, Ticket
from tickets.prepared import Given, PreparedQuery

PAGE_SIZE = 40
PLACE = Tuple(F("received_at"), F("id"))
FIRST, OLDER, NEWER = "first", "older", "newer"  # the ways from a place to a page


@dataclass(frozen=True)
class Cursor:
    """A place between two tickets in the list."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}"


ListPlaces = Callable[[str, Cursor | None], list[Cursor]]


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


def get_page(list_places: ListPlaces, *, older: str = "", newer: str = "") -> Page:
    """The page before or after a cursor, or the first one. Two cursors: ``older`` wins."""
    if cursor := parse_cursor(older):
        places = list_places(OLDER, cursor)
        return _build_page(places, newer=places[0] if places else cursor)
    if cursor := parse_cursor(newer):
        return _get_page_before(list_places, cursor)
    return _build_page(list_places(FIRST, None), newer=None)


def _get_page_before(list_places: ListPlaces, cursor: Cursor) -> Page:
    places = list_places(NEWER, cursor)
    if len(places) <= PAGE_SIZE:  # a short page at the top would look as if tickets were missing
        return get_page(list_places)
    places = places[PAGE_SIZE - 1 :: -1]
    return Page(rows=_load_rows(places), older=places[-1], newer=places[0])


def list_from(tickets: QuerySet[Ticket]) -> ListPlaces:
    """The places of any tickets, one more than a page holds."""

    def list_places(way: str, cursor: Cursor | None) -> list[Cursor]:
        at, pk = (cursor.at, cursor.pk) if cursor else (None, None)
        return [Cursor(*row) for row in _query_places(tickets, way, at, pk)]

    return list_places


def list_state(state: str) -> ListPlaces:
    """The places of the tickets of one of ``INBOX_VIEWS``, by a prepared query."""

    def list_places(way: str, cursor: Cursor | None) -> list[Cursor]:
        values: dict[str, Any] = {"stuck_before": Message.get_stuck_time()}
        if cursor:
            values |= {"at": cursor.at, "pk": cursor.pk}
        return [Cursor(*row) for row in _prepare_places(state, way).fetch(**values)]

    return list_places


@cache
def _prepare_places(state: str, way: str) -> PreparedQuery:
    def build() -> QuerySet[Any, Any]:
        tickets = inbox_filters.filter_state(Ticket.objects.all(), state, Given("stuck_before"))
        return _query_places(tickets, way, Given("at"), Given("pk"))

    return PreparedQuery(build)


def _query_places(tickets: QuerySet[Ticket], way: str, at: Any, pk: Any) -> QuerySet[Any, Any]:
    """``received_at`` and id of the tickets, first those that are nearest to the cursor."""
    order = ("received_at", "id") if way == NEWER else ("-received_at", "-id")
    if way != FIRST:
        beyond = TupleGreaterThan if way == NEWER else TupleLessThan
        tickets = tickets.filter(beyond(PLACE, (at, pk)))
    return tickets.order_by(*order).values_list("received_at", "pk")[: PAGE_SIZE + 1]


def _load_rows(places: list[Cursor]) -> list[Ticket]:
    return inbox_filters.load_rows([place.pk for place in places])


def _build_page(places: list[Cursor], *, newer: Cursor | None) -> Page:
    more, places = len(places) > PAGE_SIZE, places[:PAGE_SIZE]
    return Page(rows=_load_rows(places), older=places[-1] if more else None, newer=newer)
