"""What nobody knows of a payment, a person finds out and says: with a reason, and once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from approvals import payments
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork
from approvals.models import ApprovalLimit
from approvals.payments import reconciliation
from tests.support.payment_rows import again, asked, doubted, newest, ordered, paid, states
from tests.support.payment_server import Books
from tickets.models import Message

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
QUEUED = ("queued", "executing")


def test_asking_ends_and_sol_settles_it(books: Books, sol: User, called: Any) -> None:
    books.manner = "breaks before"
    execution = doubted(books)
    for _ in range(reconciliation.MAX_QUESTIONS):
        execution = asked(execution)
    assert states(execution) == DOUBT
    assert states(asked(execution)) == DOUBT
    assert len(books.questions) == reconciliation.MAX_QUESTIONS
    assert payments.get_payment_status(execution.refund).asking_ended
    called.clear()
    payments.sweep_payments()
    assert not called
    payments.settle_payment(
        execution.pk, by=sol, paid=True, reference="re_1", why="On the statement."
    )
    assert states(execution) == DONE
    receipt = newest()
    assert (receipt.actor, receipt.output["reason"]) == ("sol", "On the statement.")


def test_sol_finds_that_it_was_not_paid(books: Books, sol: User) -> None:
    execution = doubted(books)
    payments.settle_payment(execution.pk, by=sol, paid=False, why="Not on the statement.")
    assert states(execution) == ("failed", "failed")
    assert again(execution).settled_by == sol


def test_sol_gives_up_what_waits(books: Books, sol: User) -> None:
    execution = ordered()
    payments.settle_payment(execution.pk, by=sol, paid=False, why="The service is gone.")
    assert states(execution) == ("failed", "void")


def test_ana_settles_nothing(books: Books, ana: User) -> None:
    with pytest.raises(PermissionDenied):
        payments.settle_payment(doubted(books).pk, by=ana, paid=False, why="I say so.")


def test_whoever_had_a_hand_in_it_settles_nothing(books: Books, sam: User) -> None:
    execution = doubted(books)
    Message.objects.create(
        ticket=execution.refund.ticket, direction="out", author=sam, text="It is on its way."
    )
    with pytest.raises(OwnWork):
        payments.settle_payment(execution.pk, by=sam, paid=False, why="I say so.")


def test_above_the_limit_somebody_else_settles(books: Books, sam: User) -> None:
    execution = doubted(books)
    ApprovalLimit.objects.update(up_to="10.00")
    with pytest.raises(OverLimit):
        payments.settle_payment(execution.pk, by=sam, paid=False, why="I say so.")


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"paid": True, "reference": "re_1", "why": " "}, "how you know"),
        ({"paid": True, "reference": " ", "why": "x"}, "the reference"),
    ],
)
def test_settling_takes_a_reason_and_a_reference(
    books: Books, sol: User, said: Any, missing: str
) -> None:
    execution = doubted(books)
    with pytest.raises(Incomplete, match=missing):
        payments.settle_payment(execution.pk, by=sol, **said)


@pytest.mark.parametrize("paid_then", [True, False])
def test_what_is_settled_stays_settled(books: Books, sol: User, paid_then: bool) -> None:
    execution = paid(ordered())
    with pytest.raises(NotPending):
        payments.settle_payment(execution.pk, by=sol, paid=paid_then, reference="re_9", why="x")
