"""The outbox: ordered with the approval, claimed by one, recorded once, or in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from approvals import payments, services
from approvals.errors import Incomplete, NotPending
from approvals.models import Execution, Refund
from approvals.payments import ledger, outbox
from approvals.payments.responses import Declined, NotReached, Paid, Unclear
from tests.support import shop_rows
from tests.support.payment_rows import (
    again,
    approve,
    approved,
    doubted,
    minutes_ago,
    newest,
    ordered,
    paid,
    states,
)
from tests.support.payment_server import Books
from tickets.models import Message, Payment, Receipt, Ticket
from triage import tasks

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
QUEUED = ("queued", "executing")


# --- ordering ---------------------------------------------------------------------


def test_by_hand_nothing_is_ordered_and_sol_records_it(sol: User) -> None:
    refund = approved()
    assert not Execution.objects.exists()
    assert payments.get_payment_status(refund).by_hand
    services.record_manual_payment(refund.pk, by=sol, reference="re_77")
    execution = Execution.objects.get()
    assert (execution.by, execution.reference, execution.settled_by) == ("manual", "re_77", sol)
    assert states(execution) == DONE
    assert payments.get_payment_status(execution.refund).said == "Paid by hand: re_77."


def test_the_order_stands_and_falls_with_the_approval(books: Books) -> None:
    with transaction.atomic():
        approved()
        assert Execution.objects.count() == 1
        transaction.set_rollback(True)
    assert not Execution.objects.exists()


def test_a_worker_is_called_once_the_approval_is_there(
    books: Books, called: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        execution = ordered()
    assert called.count(("triage.tasks.pay", execution.pk)) == 1


def test_the_key_is_of_what_was_decided_and_there_before_any_call(books: Books) -> None:
    first = ordered("20.00")
    second = ordered("20.00", number="HP-2")
    assert {len(first.key), len(second.key)} == {64}
    assert first.key != second.key
    assert first.key == outbox.compute_idempotency_key(first.refund)
    assert not books.orders


def test_store_credit_is_no_money_at_the_payment_side(books: Books) -> None:
    assert payments.get_payment_status(approved(remedy="store credit")).by_hand


def test_the_charge_is_one_that_has_enough_left(books: Books) -> None:
    first = ordered("49.00")
    first.refund.order.payments.create(kind="capture", amount="60.00", reference="later")
    assert (first.charge, outbox.find_charge(other(first.refund))) == ("pi_walnut", "pi_walnut")
    assert outbox.find_charge(other(first.refund, "41.00")) == "later"
    assert outbox.find_charge(other(first.refund, "61.00")) == ""


@pytest.mark.parametrize(
    ("back", "amount", "charge"),
    [
        ({"amount": "49.00"}, "11.00", "later"),
        ({"amount": "49.00"}, "12.00", ""),
        ({"amount": "9.00"}, "31.00", "pi_walnut"),
        ({"amount": "9.00"}, "32.00", "later"),
        ({"amount": "49.00", "method": "store credit"}, "40.00", "pi_walnut"),
    ],
)
def test_what_an_import_says_went_back_may_have_gone_by_any_charge(
    books: Books, back: dict[str, str], amount: str, charge: str
) -> None:
    first = ordered("49.00").refund
    first.order.payments.create(kind="capture", amount="60.00", reference="later")
    first.order.payments.create(kind="refund", reference="re_elsewhere", **back)
    assert outbox.find_charge(other(first, amount)) == charge


def test_who_paid_by_gift_card_and_card_is_paid_by_a_person(books: Books) -> None:
    refund = ordered("20.00").refund
    refund.order.payments.update(method="card")
    assert outbox.find_charge(other(refund, "10.00")) == "pi_walnut"
    refund.order.payments.create(kind="capture", amount="9.00", reference="g", method="gift card")
    assert outbox.find_charge(other(refund, "10.00")) == ""


def other(refund: Refund, amount: str = "40.00") -> Refund:
    """Another request on the same order, of another ticket."""
    proposal = services.Proposal(order=refund.order, amount=Decimal(amount))
    return services.propose_refund(shop_rows.ticket(), proposal, run=None, by=None)


def test_nobody_pays_by_hand_what_the_service_pays(books: Books, sol: User) -> None:
    execution = ordered()
    with pytest.raises(NotPending, match="do not pay it by hand"):
        services.record_manual_payment(execution.refund_id, by=sol, reference="re_9")


# --- what changed -----------------------------------------------------------------


def test_what_changed_since_the_approval_is_not_paid(books: Books) -> None:
    execution = ordered()
    execution.refund.order.lines.update(name="A smaller kettle")
    assert states(paid(execution)) == ("failed", "void")
    assert not books.orders
    assert Receipt.objects.get(step="pay").status == "void"


def test_what_changed_while_it_waited_again_is_not_paid(books: Books, settings: Any) -> None:
    settings.PAYMENT_URL, address = "http://127.0.0.1:9/pay", settings.PAYMENT_URL
    execution = paid(ordered())
    Message.objects.create(ticket=execution.refund.ticket, direction="in", text="I keep it.")
    settings.PAYMENT_URL = address
    Execution.objects.update(next_at=minutes_ago(1))
    assert states(paid(execution)) == ("failed", "failed")
    assert not books.orders


def test_ana_asks_anew_for_what_changed_and_the_old_order_ends(books: Books, ana: User) -> None:
    execution = ordered()
    execution.refund.order.lines.update(name="A smaller kettle")
    proposal = services.Proposal(order=execution.refund.order, amount=Decimal("30.00"))
    services.propose_refund(execution.refund.ticket, proposal, run=None, by=ana)
    assert states(execution) == ("failed", "void")
    assert states(paid(execution)) == ("failed", "void")
    assert not books.orders


def test_nobody_asks_again_while_it_may_be_on_its_way(books: Books, ana: User) -> None:
    refund = doubted(books).refund
    proposal = services.Proposal(order=refund.order, amount=Decimal("5.00"))
    with pytest.raises(Incomplete, match="may have been"):
        services.propose_refund(refund.ticket, proposal, run=None, by=ana)


# --- what is left behind ----------------------------------------------------------


def test_a_call_that_was_left_is_in_doubt_and_never_made_again(books: Books, called: Any) -> None:
    execution = ordered()
    assert outbox._claim_execution(execution.pk)
    payments.sweep_payments()
    assert states(execution) == ("calling", "executing")
    Execution.objects.update(lease_until=minutes_ago(1))
    payments.sweep_payments()
    assert states(execution) == DOUBT
    assert states(paid(execution)) == DOUBT
    assert not books.orders


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (Paid("re_5"), DONE),
        (Declined("No."), ("failed", "failed")),
        (NotReached("away"), QUEUED),
        (Unclear("?"), DOUBT),
    ],
)
def test_an_answer_that_comes_late_settles_the_doubt(
    books: Books, called: Any, answer: Any, after: tuple[str, str]
) -> None:
    execution = outbox._claim_execution(ordered().pk)
    assert execution
    Execution.objects.update(lease_until=minutes_ago(1))
    payments.sweep_payments()
    ledger.record_answer(execution, answer)
    assert states(execution) == after


@pytest.mark.parametrize("answer", [Declined("No."), NotReached("away"), Unclear("?")])
def test_only_the_holder_says_what_came_of_it(books: Books, answer: Any) -> None:
    execution = outbox._claim_execution(ordered().pk)
    assert execution
    execution.holder = "somebody else"
    ledger.record_answer(execution, answer)
    assert states(execution) == ("calling", "executing")


def test_whoever_was_away_too_long_does_not_put_it_back(books: Books) -> None:
    execution = outbox._claim_execution(ordered().pk)
    assert execution
    Execution.objects.update(lease_until=minutes_ago(1))
    ledger.record_answer(execution, NotReached("away"))
    assert states(execution) == DOUBT


def test_an_executor_that_stumbles_leaves_a_doubt(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.payments.gateways.webhook.pay", lambda execution: 1 // 0)
    execution = paid(ordered())
    assert states(execution) == DOUBT
    assert "ZeroDivisionError" in execution.note


def test_the_sweep_calls_a_worker_to_what_nobody_took(books: Books, called: Any) -> None:
    waiting, fresh = ordered("20.00"), ordered("20.00", number="HP-2")
    doubt = doubted(books, number="HP-3")
    called.clear()
    Execution.objects.exclude(pk=fresh.pk).update(next_at=minutes_ago(1))
    payments.sweep_payments()
    payments.sweep_payments()
    assert sorted(called) == [("triage.tasks.pay", pk) for pk in (waiting.pk, doubt.pk)]


def test_the_beat_looks_after_payments_too(books: Books, called: Any) -> None:
    execution = ordered()
    Execution.objects.update(next_at=minutes_ago(1))
    tasks.sweep()
    assert ("triage.tasks.pay", execution.pk) in called


def test_the_task_pays_and_then_asks(books: Books) -> None:
    books.mood = "drops after"
    execution = ordered()
    tasks.pay(execution.pk)
    Execution.objects.update(next_at=minutes_ago(1))
    tasks.pay(execution.pk)
    assert states(execution) == DONE
    assert (len(books.orders), len(books.questions)) == (1, 1)


# --- what the rows cannot hold ----------------------------------------------------


def test_an_import_that_came_first_is_the_same_payment(books: Books) -> None:
    execution = outbox._claim_execution(ordered().pk)
    assert execution
    order = execution.refund.order
    order.payments.create(kind="refund", amount="49.00", reference="re_1", method="card")
    ledger.record_answer(execution, Paid("re_1"))
    assert states(execution) == DONE
    assert order.payments.filter(kind="refund").count() == 1


def test_a_reference_of_something_else_is_a_doubt(books: Books) -> None:
    execution = outbox._claim_execution(ordered().pk)
    assert execution
    execution.refund.order.payments.create(kind="refund", amount="7.00", reference="re_1")
    ledger.record_answer(execution, Paid("re_1"))
    assert states(execution) == DOUBT
    assert "check the reference" in again(execution).note


def test_paid_after_somebody_said_that_it_was_not(books: Books, sol: User) -> None:
    execution = doubted(books)
    payments.settle_payment(execution.pk, by=sol, paid=False, why="It is not on the statement.")
    ledger.record_answer(execution, Paid("re_1"))
    assert states(execution) == ("failed", "failed")
    assert Payment.objects.get(kind="refund").reference == "re_1"
    assert "Please check there" in Ticket.objects.get(pk=execution.refund.ticket_id).attention


def test_two_references_for_one_key_are_told(books: Books) -> None:
    execution = paid(ordered())
    ledger.record_answer(execution, Paid("re_1"))
    assert Receipt.objects.filter(step="pay").count() == 1
    ledger.record_answer(execution, Paid("re_2"))
    assert newest().output["told"] == "re_2"
    assert Payment.objects.filter(kind="refund").count() == 1


def test_what_is_in_doubt_counts_against_what_was_paid(books: Books) -> None:
    first = doubted(books).refund
    with pytest.raises(Incomplete, match="more than was paid"):
        approve(other(first, "40.01"))
    assert approve(other(first, "40.00")).state == "approved"
