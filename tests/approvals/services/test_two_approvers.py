"""Requests that take several people: what each is told of the others, and when they agree."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.models import ApprovalLimit, Refund
from approvals.review import page_views
from tests.support import ticket_stories
from tests.support.decision_form import decide, page, state

QUEUE = reverse("approvals:queue")


@pytest.fixture
def refund(sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))


def test_the_first_of_two_is_not_told_that_it_is_approved(as_sol: Client, refund: Refund) -> None:
    ApprovalLimit.objects.update(two_above=40)
    assert "needs two people (0 in)" in page(as_sol, refund)
    decide(as_sol, refund)
    shown = as_sol.get(QUEUE).content.decode()
    assert "One approval is in, one more is needed" in shown
    assert "Approved:" not in shown


def approved_by(person: User, refund: Refund) -> None:
    refund.refresh_from_db()
    look = page_views.start_page_view(refund, person)
    said = {"verdict": "approve", "reason": "Fine."}
    services.decide_refund(refund.pk, by=person, seen=look.fingerprint, look=look.pk, **said)


def test_an_approval_of_what_has_changed_since_is_told_and_not_joined(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    ApprovalLimit.objects.update(two_above=40)
    approved_by(sam, refund)
    assert "needs two people (1 in)" in page(as_sol, refund)
    assert 'value="approve"' in page(as_sol, refund)
    refund.ticket.messages.create(direction="in", text="Never mind!")
    shown = page(as_sol, refund)
    assert "sam approved this request before something changed" in shown
    assert "The customer wrote again." in shown
    assert "needs two people (0 in)" in shown
    assert 'value="approve"' not in shown


def test_approving_it_all_the_same_is_refused_and_nothing_is_decided(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    ApprovalLimit.objects.update(two_above=40)
    approved_by(sam, refund)
    refund.ticket.messages.create(direction="in", text="Never mind!")
    answer = decide(as_sol, refund)
    assert answer.status_code == 409
    assert "Please reject it or ask for more information" in answer.content.decode()
    assert (state(refund), refund.decisions.count()) == ("pending", 1)
    decide(as_sol, refund, "return", reason="Does she still want it?")
    assert state(refund) == Refund.State.RETURNED


def test_who_approved_before_it_changed_is_told_so(as_sol: Client, refund: Refund) -> None:
    ApprovalLimit.objects.update(two_above=40)
    decide(as_sol, refund)
    assert "It needs one more person." in page(as_sol, refund)
    refund.ticket.messages.create(direction="in", text="Never mind!")
    assert "You approved it before something changed." in page(as_sol, refund)


def test_the_first_of_three_is_told_that_it_takes_two_more(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    Refund.objects.update(approvers_needed=3)
    decide(as_sol, refund)
    shown = as_sol.get(QUEUE).content.decode()
    assert "One approval is in, two more are needed" in shown
    assert "It needs two more people." in shown
    approved_by(sam, refund)
    assert "It needs one more person." in page(as_sol, refund)


def test_the_second_of_three_is_told_that_it_takes_one_more(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    Refund.objects.update(approvers_needed=3)
    approved_by(sam, refund)
    decide(as_sol, refund)
    assert "Two approvals are in, one more is needed" in as_sol.get(QUEUE).content.decode()
