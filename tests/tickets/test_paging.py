"""Every page of the list is looked up in the index, however deep it lies."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets import paging
from tickets.inbox_filters import INBOX_VIEWS, TicketFilter
from tickets.models import Ticket

COUNT = 4_000
STATUSES = [str(status) for status in Ticket.Status]

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_list() -> list[Ticket]:
    """Four thousand tickets, newest first, the status going round; two each at one moment."""
    now = timezone.now()
    made = Ticket.objects.bulk_create(
        Ticket(
            channel="email",
            subject=f"No. {number}",
            status=STATUSES[number % len(STATUSES)],
            received_at=now - timedelta(minutes=number // 2),
        )
        for number in range(COUNT)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")
    return list(Ticket.objects.filter(pk__in=[each.pk for each in made]))


def read_page(asked: str, older: str = "", newer: str = "") -> tuple[paging.Page, str]:
    """A page of the inbox in one state, and how PostgreSQL found it."""
    listed = paging.list_state(asked.removeprefix("status="))
    with CaptureQueriesContext(connection) as caught:
        page = paging.get_page(listed, older=older, newer=newer)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + caught[0]["sql"])
        return page, "\n".join(line for (line,) in cursor.fetchall())


def count_removed(plan: str) -> int:
    """Rows that a filter threw away."""
    return sum(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan)))


def count_buffers(plan: str) -> int:
    """Blocks that were read, from memory or disk: work that no busy machine changes."""
    found = re.search(r"Buffers: shared (?:hit=(\d+))? ?(?:read=(\d+))?", plan)
    return sum(int(part or 0) for part in found.groups()) if found else 0


@pytest.mark.parametrize("direction", ["older", "newer"])
@pytest.mark.parametrize("asked", ["status=all", *(f"status={status}" for status in STATUSES)])
def test_a_deep_page_is_a_place_in_the_index(
    long_list: list[Ticket], asked: str, direction: str
) -> None:
    deep = paging.Cursor(long_list[3_600].received_at, long_list[3_600].pk)
    _, plan = read_page(asked, **{direction: str(deep)})
    assert re.search(r"Index Cond: .*ROW\(", plan), plan
    assert not re.search(r"Filter: .*received_at", plan), plan
    assert count_removed(plan) <= len(STATUSES) * (paging.PAGE_SIZE + 1), plan


def test_a_deep_page_of_the_open_ones_walks_past_those_that_are_not_open_only(
    long_list: list[Ticket],
) -> None:
    deep = paging.Cursor(long_list[3_600].received_at, long_list[3_600].pk)
    _, plan = read_page("status=open", older=str(deep))
    assert re.search(r"Index Cond: .*ROW\(", plan), plan
    assert count_removed(plan) < 2 * paging.PAGE_SIZE


def test_a_deep_page_reads_no_more_than_the_first(long_list: list[Ticket]) -> None:
    deep = paging.Cursor(long_list[3_600].received_at, long_list[3_600].pk)
    _, first = read_page("status=all")
    _, other = read_page("status=all", older=str(deep))
    assert 0 < count_buffers(other) <= count_buffers(first) + 2


@pytest.mark.parametrize("asked", ["status=all", "status=closed", "status=open"])
def test_pages_hold_each_ticket_once_also_those_of_one_moment(
    long_list: list[Ticket], asked: str
) -> None:
    seen: list[int] = []
    page, _ = read_page(asked, older=str(paging.Cursor(timezone.now(), 1)))
    for _ in range(20):
        seen += [row.pk for row in page.rows]
        page = read_page(asked, older=str(page.older))[0]
    narrowed = TicketFilter(QueryDict(asked), queryset=Ticket.objects.all()).qs
    assert seen == list(narrowed.values_list("pk", flat=True)[: len(seen)])
    assert len(seen) == 20 * paging.PAGE_SIZE


@pytest.mark.parametrize("way", ["", "older", "newer"])
@pytest.mark.parametrize("state", [state for state, _ in INBOX_VIEWS])
def test_the_list_of_a_state_is_the_one_that_the_filter_finds(
    long_list: list[Ticket], state: str, way: str
) -> None:
    place = str(paging.Cursor(long_list[900].received_at, long_list[900].pk))
    asked = {way: place} if way else {}
    narrowed = TicketFilter(QueryDict(f"status={state}"), queryset=Ticket.objects.all()).qs
    by_filter = paging.get_page(paging.list_from(narrowed), **asked)
    assert paging.get_page(paging.list_state(state), **asked) == by_filter
    assert len(by_filter.rows) == (0 if state == "unsent" else paging.PAGE_SIZE)
