"""A request that was sent back with a question: the agent answers and asks again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals.models import Refund
from tests.support import ticket_stories
from tests.support.decision_form import decide, page, state
from tickets.models import Receipt

QUESTION = "Which of the two parcels is it?"
UNUSED = "Be sure that it is unused (returns.window)."


@pytest.fixture
def returned(as_sol: Client, sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    asked = ticket_stories.refund_of(
        ticket, ticket_stories.finished(ticket), conditions=[UNUSED], risk=1
    )
    decide(as_sol, asked, "return", reason=QUESTION)
    asked.refresh_from_db()
    return asked


@pytest.fixture
def ana_at(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def answer(client: Client, refund: Refund, words: str = "The one of Monday.") -> Any:
    return client.post(reverse("approvals:ask_again", args=[refund.pk]), {"answer": words})


def test_the_question_stands_on_the_ticket_with_a_place_to_answer(
    ana_at: Client, returned: Refund
) -> None:
    shown = ana_at.get(returned.ticket.get_absolute_url()).content.decode()
    assert QUESTION in shown
    assert "Ask again with this answer" in shown


def test_ana_asks_again_on_the_same_terms(ana_at: Client, returned: Refund, ana: User) -> None:
    assert answer(ana_at, returned).status_code == 302
    asked = Refund.objects.get(state="pending")
    assert (asked.requested_by, asked.amount, asked.run) == (ana, returned.amount, returned.run)
    assert (asked.conditions, asked.risk, asked.rule) == ([UNUSED], 1, returned.rule)
    assert asked.citations == returned.citations
    assert QUESTION in asked.note
    assert "The one of Monday." in asked.note
    assert returned.ticket.messages.get(direction="note").text == "The one of Monday."
    assert Receipt.objects.filter(step="request", actor="ana").count() == 1
    assert state(returned) == Refund.State.RETURNED


def test_the_supervisor_reads_question_and_answer(
    as_sol: Client, ana_at: Client, returned: Refund
) -> None:
    answer(ana_at, returned)
    shown = page(as_sol, Refund.objects.get(state="pending"))
    assert QUESTION in shown
    assert "The one of Monday." in shown


def test_an_empty_answer_is_not_sent(ana_at: Client, returned: Refund) -> None:
    assert answer(ana_at, returned, "  ").status_code == 422
    assert not Refund.objects.filter(state="pending").exists()


def test_when_the_order_changed_it_has_to_be_worked_out_again(
    ana_at: Client, returned: Refund
) -> None:
    returned.order.payments.update(amount="50.00")
    refused = answer(ana_at, returned, "Typed already")
    assert refused.status_code == 409
    shown = refused.content.decode()
    assert "The amount paid changed from 61.00 to 50.00." in shown
    assert "Typed already" in shown
    assert not Refund.objects.filter(state="pending").exists()


def test_a_question_is_answered_once(ana_at: Client, returned: Refund) -> None:
    answer(ana_at, returned)
    refused = answer(ana_at, returned, "Once more")
    assert refused.status_code == 409
    assert Refund.objects.filter(state="pending").count() == 1
    shown = ana_at.get(returned.ticket.get_absolute_url()).content.decode()
    assert "Ask again with this answer" not in shown
    assert QUESTION in shown


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_what_was_not_returned_cannot_be_asked_again(
    as_sol: Client, ana_at: Client, sol: User, verdict: str
) -> None:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    asked = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    decide(as_sol, asked, verdict)
    assert answer(ana_at, asked).status_code == 409
    assert Refund.objects.count() == 1


def test_who_asked_before_may_not_decide_when_somebody_else_asks_again(
    as_sol: Client, sam: User, ana_at: Client, sol: User
) -> None:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    asked = ticket_stories.refund_of(ticket, by=sol)
    other = Client()
    other.force_login(sam)
    decide(other, asked, "return", reason=QUESTION)
    answer(ana_at, asked)
    again = Refund.objects.get(state="pending")
    assert "You asked for money back on this ticket" in page(as_sol, again)
    assert decide(as_sol, again).status_code == 403
    assert state(again) == Refund.State.PENDING


def test_a_refusal_says_its_reason_on_the_ticket(as_sol: Client, ana_at: Client, sol: User) -> None:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    asked = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    decide(as_sol, asked, "reject", reason_code="no_evidence", reason="No photograph.")
    shown = ana_at.get(ticket.get_absolute_url()).content.decode()
    assert "the evidence needed is missing" in shown
    assert "No photograph." in shown
    assert asked.get_absolute_url() in shown
