"""What a full shop's pages weigh, and that no page asks more often because there is more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.support import full_shop, ticket_stories
from tickets.delivery import replies
from tickets.models import Message, Order, Ticket

MAX_PAGE_BYTES = 60_000
QUEUE = reverse("approvals:queue")
INBOX = reverse("tickets:inbox")
POLICIES = reverse("triage:policies")

pytestmark = pytest.mark.django_db


def weigh(client: Client, address: str) -> int:
    """The bytes of a page, uncompressed."""
    page = client.get(address)
    assert page.status_code == 200
    return len(page.content)


def count_queries(client: Client, address: str) -> int:
    """The queries of a page that was opened once before."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize("asked", ["", "?status=all", "?status=attention"])
def test_a_full_inbox_fits(as_ana: Client, asked: str) -> None:
    full_shop.fill_inbox(60)
    page = as_ana.get(INBOX + asked)
    assert len(page.context["page"].rows) == 40
    assert len(page.content) <= MAX_PAGE_BYTES


@pytest.mark.parametrize("asked", ["", "?sort=amount", "?sort=ends", "?least=1"])
def test_a_queue_of_five_hundred_fits(as_sol: Client, ana: User, asked: str) -> None:
    order = ticket_stories.marta().orders.get()
    full_shop.fill_queue(order, 508)
    full_shop.fill_queue(order, 40, amount=900)
    page = as_sol.get(QUEUE + asked)
    assert page.context["count"] == 508
    assert len(page.context["others"]) == 20
    assert len(page.content) <= MAX_PAGE_BYTES


def test_a_long_thread_fits_and_all_of_it_can_be_read(as_ana: Client, ana: User) -> None:
    ticket = full_shop.build_busy_ticket(ana)
    address: str | None = ticket.get_absolute_url()
    read: list[int] = []
    while address:
        page = as_ana.get(address)
        assert len(page.content) <= MAX_PAGE_BYTES, address
        read = [message.pk for message in page.context["messages_in_thread"]] + read
        older = re.search(r'href="(\?before=\d+)"', page.content.decode())
        address = f"{ticket.get_absolute_url()}{older[1]}" if older else None
    assert read == list(Message.objects.filter(ticket=ticket).values_list("pk", flat=True))


def test_one_message_longer_than_a_page_is_shown_whole(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(text="word " * 20_000)
    page = as_ana.get(ticket.get_absolute_url())
    assert [len(m.text) for m in page.context["messages_in_thread"]] == [100_000]


@pytest.mark.parametrize("who", ["as_sol", "as_ana"])
def test_the_page_of_a_refund_on_a_long_thread_fits(
    request: pytest.FixtureRequest, sol: User, ana: User, who: str
) -> None:
    client: Client = request.getfixturevalue(who)
    ticket = full_shop.build_busy_ticket(ana)
    refund = ticket_stories.refund_of(ticket, ticket.get_current_run())
    full_shop.fill_queue(refund.order, 60)
    page = client.get(refund.get_absolute_url())
    assert len(page.content) <= MAX_PAGE_BYTES
    assert "older messages" in page.content.decode()


@pytest.mark.parametrize(
    "name", ["triage:policies", "triage:learning", "triage:who_pays", "triage:proposals"]
)
def test_the_other_pages_fit(as_ada: Client, ana: User, name: str) -> None:
    full_shop.write_policies(12, 12)
    full_shop.build_busy_ticket(ana)
    assert weigh(as_ada, reverse(name)) <= MAX_PAGE_BYTES


def test_the_list_of_refunds_in_the_admin_panel_fits(as_ada: Client) -> None:
    full_shop.fill_queue(ticket_stories.marta().orders.get(), 120, rule="Damaged within 30 days")
    assert weigh(as_ada, reverse("admin:approvals_refund_changelist")) <= MAX_PAGE_BYTES


def test_a_longer_inbox_takes_no_more_queries(as_ana: Client) -> None:
    full_shop.fill_inbox(3)
    few = count_queries(as_ana, INBOX)
    full_shop.fill_inbox(90)
    assert count_queries(as_ana, INBOX) == few <= 9


def test_a_longer_queue_takes_no_more_queries(as_sol: Client) -> None:
    order = ticket_stories.marta().orders.get()
    full_shop.fill_queue(order, 3)
    full_shop.fill_queue(order, 3, amount=900)
    few = count_queries(as_sol, QUEUE)
    full_shop.fill_queue(order, 90)
    full_shop.fill_queue(order, 30, amount=900)
    assert count_queries(as_sol, QUEUE) == few <= 18


def fill_ticket(order: Order, ticket: Any, by: User) -> None:
    full_shop.write_thread(ticket, 20, by)
    full_shop.place_orders(order.customer, 20)
    full_shop.fill_queue(order, 20)


@pytest.mark.parametrize(
    ("page", "most"), [(lambda r: r.ticket, 23), (lambda r: r, 34)], ids=["ticket", "refund"]
)
def test_a_longer_history_takes_no_more_queries(
    as_sol: Client, ana: User, page: Callable[[Any], Any], most: int
) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    refund = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    full_shop.write_thread(ticket, 2, ana)
    full_shop.fill_queue(refund.order, 1)
    few = count_queries(as_sol, page(refund).get_absolute_url())
    fill_ticket(refund.order, ticket, ana)
    assert count_queries(as_sol, page(refund).get_absolute_url()) == few <= most


def count_queries_of_sending(client: Client, ticket: Ticket) -> int:
    """The queries of sending the reply that the ticket's page shows."""
    draft = ticket_stories.draft_of(ticket, ticket_stories.run_of(ticket))
    typed = {"text": draft.text, "seen": replies.build_form_token(ticket, draft)}
    with CaptureQueriesContext(connection) as asked:
        sent = client.post(reverse("tickets:send", args=[ticket.pk]), typed)
    assert (sent.status_code, ticket.messages.filter(direction="out").count()) == (302, 1)
    return len(asked)


def test_what_was_paid_back_before_takes_no_more_queries_of_sending(as_ana: Client) -> None:
    customer = ticket_stories.marta()
    few = count_queries_of_sending(as_ana, ticket_stories.ticket(customer))
    full_shop.place_orders(customer, 20)
    more = count_queries_of_sending(as_ana, ticket_stories.ticket(customer))
    assert more == few <= 31


def test_more_clauses_take_no_more_queries(as_ana: Client) -> None:
    full_shop.write_policies(1, 2)
    few = count_queries(as_ana, POLICIES)
    full_shop.write_policies(6, 9, start=1)
    assert count_queries(as_ana, POLICIES) == few
