"""How a payment stands, on the refund's page, and settling what is in doubt."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals.models import Execution, Refund
from tests.support import ticket_stories
from tests.support.decision_form import decide, page, state


@pytest.fixture
def refund(sol: User, settings: Any) -> Refund:
    settings.PAYMENT_EXECUTOR = "webhook"
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))


@pytest.fixture
def approved(as_sol: Client, refund: Refund) -> Refund:
    decide(as_sol, refund)
    refund.refresh_from_db()
    return refund


def stands(refund: Refund, paying: str, state: str, **values: Any) -> Refund:
    """The refund as the worker would leave it."""
    steps = {"doubt": ["calling"], "failed": ["calling"]}.get(paying, [])
    for name in [*steps, paying]:
        more = (
            {"holder": "w", "lease_until": ticket_stories.at("2036-01-01")}
            if name == "calling"
            else {}
        )
        Execution.objects.filter(refund=refund).update(state=name, **more, **values)
        after = {"calling": "executing"}.get(name, state)
        Refund.objects.filter(pk=refund.pk).update(state=after)
    refund.refresh_from_db()
    return refund


def settle(client: Client, refund: Refund, **said: str) -> Any:
    data = {"paid": "yes", "reference": "re_9", "why": "Seen there.", **said}
    return client.post(reverse("approvals:settle", args=[refund.pk]), data)


def test_what_waits_to_be_paid_says_so_and_asks_nobody_to_pay(
    as_sol: Client, approved: Refund
) -> None:
    shown = page(as_sol, approved)
    assert "It is being paid by the payment service." in shown
    assert "Record as paid" not in shown


@pytest.mark.parametrize(
    ("remedy", "said", "label", "button"),
    [
        ("refund", "at the payment side, then give its reference", "Payment reference", "paid"),
        ("store credit", "as store credit, then give its number", "Number of the store", "issued"),
        ("replacement", "then give the number of its order", "Number of the new order", "sent"),
    ],
)
def test_what_to_do_by_hand_depends_on_what_was_promised(
    as_sol: Client, sol: User, remedy: str, said: str, label: str, button: str
) -> None:
    refund = ticket_stories.refund_of(ticket_stories.ticket(ticket_stories.marta()), remedy=remedy)
    decide(as_sol, refund)
    shown = page(as_sol, refund)
    assert (said in shown, label in shown, f"Record as {button}" in shown) == (True,) * 3
    assert ("payment side" in shown) is (remedy == "refund")


def test_a_doubt_says_what_to_do_and_can_be_settled(as_sol: Client, approved: Refund) -> None:
    doubted = stands(approved, "doubt", "doubt")
    shown = page(as_sol, doubted)
    assert "may or may not have been paid" in shown
    assert "Settle it" in shown
    assert settle(as_sol, doubted).status_code == 302
    assert state(doubted) == Refund.State.EXECUTED
    assert "Settled by sol" in page(as_sol, doubted)


def test_it_was_surely_not_paid(as_sol: Client, approved: Refund) -> None:
    doubted = stands(approved, "doubt", "doubt")
    settle(as_sol, doubted, paid="no", reference="")
    assert state(doubted) == Refund.State.FAILED
    shown = page(as_sol, doubted)
    assert "It was not paid." in shown
    assert "Ask for it again" in shown


@pytest.mark.parametrize("wrong", [{"paid": ""}, {"reference": ""}, {"why": " "}])
def test_what_is_missing_is_said_and_nothing_is_settled(
    as_sol: Client, approved: Refund, wrong: dict[str, str]
) -> None:
    doubted = stands(approved, "doubt", "doubt")
    assert settle(as_sol, doubted, **wrong).status_code == 422
    assert state(doubted) == Refund.State.DOUBT


def test_nothing_is_settled_where_nothing_was_ordered(as_sol: Client, refund: Refund) -> None:
    assert settle(as_sol, refund).status_code == 409
    assert state(refund) == Refund.State.PENDING


def test_who_had_a_hand_in_it_does_not_settle_it(
    as_sol: Client, approved: Refund, sam: User
) -> None:
    doubted = stands(approved, "doubt", "doubt")
    doubted.ticket.drafts.update(hands=[sam.pk])
    other = Client()
    other.force_login(sam)
    assert settle(other, doubted).status_code == 403
    assert state(doubted) == Refund.State.DOUBT


def test_agents_read_how_it_stands(as_sol: Client, approved: Refund, ana: User) -> None:
    doubted = stands(approved, "doubt", "doubt")
    agent = Client()
    agent.force_login(ana)
    shown = page(agent, doubted)
    assert "may or may not have been paid" in shown
    assert "Settle it" not in shown
    assert settle(agent, doubted).status_code == 403


def test_what_is_not_paid_yet_is_on_the_queue_page(as_sol: Client, approved: Refund) -> None:
    shown = as_sol.get(reverse("approvals:queue")).content.decode()
    assert "Approved, not paid yet" in shown
    stands(approved, "doubt", "doubt")
    assert "In doubt" in as_sol.get(reverse("approvals:queue")).content.decode()
