"""A query that was written once answers as the one it was written from."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support import ticket_stories
from tickets.models import Ticket
from tickets.prepared import Given, GivenList, PreparedQuery

OF_STATUS = PreparedQuery(
    lambda: Ticket.objects.filter(status=Given("status")).order_by("pk").values_list("pk", "status")
)
BY_ID = PreparedQuery(
    lambda: (
        Ticket.objects.filter(pk__in=GivenList("ids"))
        .select_related("customer", "assignee")
        .defer("subject")
        .order_by("pk")
    )
)
BEFORE = PreparedQuery(lambda: Ticket.objects.filter(received_at__lt=Given("time")))

pytestmark = pytest.mark.django_db


def test_each_time_it_is_asked_with_other_values() -> None:
    new, closed = ticket_stories.ticket(), ticket_stories.ticket(status="closed")
    assert OF_STATUS.fetch(status="new") == [(new.pk, "new")]
    assert OF_STATUS.fetch(status="closed") == [(closed.pk, "closed")]
    assert OF_STATUS.fetch(status="ready") == []


def test_it_sees_what_changed_since_it_was_asked() -> None:
    made = ticket_stories.ticket()
    assert OF_STATUS.fetch(status="new") == [(made.pk, "new")]
    made.mark_closed()
    assert OF_STATUS.fetch(status="new") == []


def test_models_come_with_those_beside_them_and_without_what_is_deferred(ana: User) -> None:
    one = ticket_stories.ticket(ticket_stories.marta(), assignee=ana)
    two = ticket_stories.ticket(subject="Where is it?")
    with CaptureQueriesContext(connection) as asked:
        first, second = BY_ID.fetch(ids=[two.pk, one.pk, 0])
        assert (first, second) == (one, two)
        assert (str(first.customer), first.assignee) == ("Marta Lindqvist", ana)
        assert (second.customer, second.assignee) == (None, None)
    assert len(asked) == 1
    assert second.subject == "Where is it?"
    assert BY_ID.fetch(ids=[]) == []


def test_the_first_row_or_none() -> None:
    made = ticket_stories.ticket()
    now = timezone.now()
    assert BEFORE.fetch_first(time=now) == made
    assert BEFORE.fetch_first(time=now - timedelta(days=1)) is None


def test_a_value_is_never_read_as_sql() -> None:
    ticket_stories.ticket()
    assert OF_STATUS.fetch(status="new' OR 'a' = 'a") == []
    assert len(OF_STATUS.fetch(status="new")) == 1


def test_a_gap_without_its_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="status"):
        OF_STATUS.fetch()


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_over_a_connection_of_its_own() -> None:
    made = ticket_stories.ticket()
    assert OF_STATUS.fetch(status="new") == [(made.pk, "new")]
    found: list[object] = []

    def ask() -> None:
        found.extend(OF_STATUS.fetch(status="new"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [(made.pk, "new")]
