"""Something changes after sol approved: people learn of it, and of money that moved."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.access_denials import DENIED
from approvals.models import Refund
from approvals.snapshot import staleness
from tests.support import ticket_stories
from tests.support.decision_form import decide, page, state
from tickets.models import Message, Payment, Receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(as_sol: Client, sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    refund = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    decide(as_sol, refund)
    refund.refresh_from_db()
    return refund


def writes(refund: Refund, **values: Any) -> None:
    """The customer, unless ``values`` say otherwise."""
    said = {"direction": "in", "text": "I keep the lamp.", **values}
    Message.objects.create(ticket=refund.ticket, **said)


def to_look_at(refund: Refund) -> list[str]:
    return list(services.iter_stale_warnings(refund.ticket))


def pay(client: Client, refund: Refund, reference: str = "re_77") -> Any:
    address = reverse("approvals:paid", args=[refund.pk])
    return client.post(address, {"reference": reference}, follow=True)


# --- before it is paid ------------------------------------------------------------


def test_where_nothing_changed_nobody_has_to_look(approved: Refund) -> None:
    assert to_look_at(approved) == []


def test_the_customer_wrote_again(approved: Refund) -> None:
    writes(approved)
    assert to_look_at(approved) == [staleness.WROTE_AGAIN]
    assert staleness.find_refunds_with_followup([approved]) == {approved.pk}


def test_a_mail_program_wrote_and_nobody_has_to_look(approved: Refund) -> None:
    writes(approved, automatic=True)
    assert to_look_at(approved) == []
    assert staleness.find_refunds_with_followup([approved]) == set()


def test_something_else_changed(approved: Refund) -> None:
    approved.order.lines.update(name="A smaller lamp")
    assert to_look_at(approved) == [staleness.CHANGED_SINCE]
    assert staleness.find_refunds_with_followup([approved]) == set()


def test_what_was_taken_back_is_nobodys_any_more(approved: Refund, sol: User) -> None:
    writes(approved)
    services.take_back_approval(approved.pk, by=sol, why="Another order.")
    assert to_look_at(approved) == []


# --- paid all the same ------------------------------------------------------------


def test_sol_is_told_what_changed_and_that_nobody_pays_again(
    as_sol: Client, approved: Refund
) -> None:
    writes(approved)
    said = pay(as_sol, approved).content.decode()
    assert "The payment re_77 is recorded, but it was no longer as approved" in said
    assert "The customer wrote again." in said
    assert "Nobody should pay it again." in said
    assert state(approved) == Refund.State.VOID
    assert Payment.objects.get(reference="re_77").amount == approved.amount
    assert not Receipt.objects.filter(status=DENIED).exists()
    assert "do not pay it again" in page(as_sol, approved)


def test_the_ticket_says_it_until_somebody_answers(
    as_sol: Client, approved: Refund, ana: User
) -> None:
    writes(approved)
    pay(as_sol, approved)
    assert to_look_at(approved) == [staleness.format_void_payment_warning(Refund.objects.get())]
    writes(approved, direction="out", author=ana, at=timezone.now())
    assert to_look_at(approved) == []


def test_the_reference_of_a_second_payment_is_kept(as_sol: Client, approved: Refund) -> None:
    pay(as_sol, approved)
    answer = pay(as_sol, approved, "re_78")
    assert answer.status_code == 409
    assert "money may have gone twice" in answer.content.decode()
    assert Receipt.objects.get(status=DENIED).output["reference"] == "re_78"
