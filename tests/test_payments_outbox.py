"""The outbox: ordered with the approval, claimed by one, recorded once, in doubt where nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from approvals import payments, services
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork
from approvals.models import ApprovalLimit, Execution, Refund
from approvals.payments import asking, outbox, recording
from approvals.payments.answers import Declined, NotReached, Paid, Unclear
from tests import rows
from tests.paying import again, approve, approved, asked, by_webhook, ordered, paid, states
from tests.payment_server import Books, payment_server
from tickets import queue
from tickets.models import Message, Payment, Receipt, Ticket
from triage import tasks

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
QUEUED = ("queued", "executing")


@pytest.fixture
def books(settings: Any) -> Iterator[Books]:
    with payment_server() as open_books:
        by_webhook(settings, open_books)
        yield open_books


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(queue, "call", lambda task, pk, **_: calls.append((task, pk)))
    return calls


def doubted(books: Books, **terms: Any) -> Execution:
    books.mood = "drops after"
    return paid(ordered(**terms))


def newest() -> Receipt:
    return Receipt.objects.filter(step="pay").latest("seq")


def minutes_ago(minutes: int) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


# --- ordering ---------------------------------------------------------------------


def test_by_hand_nothing_is_ordered_and_sol_records_it(sol: User) -> None:
    refund = approved()
    assert not Execution.objects.exists()
    assert payments.state_of(refund).by_hand
    services.record_paid(refund.pk, by=sol, reference="re_77")
    execution = Execution.objects.get()
    assert (execution.by, execution.reference, execution.settled_by) == ("manual", "re_77", sol)
    assert states(execution) == DONE
    assert payments.state_of(execution.refund).said == "Paid by hand: re_77."


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
    assert first.key == outbox.key_of(first.refund)
    assert not books.orders


def test_store_credit_is_no_money_at_the_payment_side(books: Books) -> None:
    assert payments.state_of(approved(remedy="store credit")).by_hand


def test_the_charge_is_one_that_has_enough_left(books: Books) -> None:
    first = ordered("49.00")
    first.refund.order.payments.create(kind="capture", amount="60.00", reference="later")
    assert (first.charge, outbox.charge_of(other(first.refund))) == ("pi_walnut", "pi_walnut")
    assert outbox.charge_of(other(first.refund, "41.00")) == "later"
    assert outbox.charge_of(other(first.refund, "61.00")) == ""


def other(refund: Refund, amount: str = "40.00") -> Refund:
    """Another request on the same order, of another ticket."""
    proposal = services.Proposal(order=refund.order, amount=rows.Decimal(amount))
    return services.propose(rows.ticket(), proposal, run=None, by=None)


def test_nobody_pays_by_hand_what_the_service_pays(books: Books, sol: User) -> None:
    execution = ordered()
    with pytest.raises(NotPending, match="do not pay it by hand"):
        services.record_paid(execution.refund_id, by=sol, reference="re_9")


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
    proposal = services.Proposal(order=execution.refund.order, amount=rows.Decimal("30.00"))
    services.propose(execution.refund.ticket, proposal, run=None, by=ana)
    assert states(execution) == ("failed", "void")
    assert states(paid(execution)) == ("failed", "void")
    assert not books.orders


def test_nobody_asks_again_while_it_may_be_on_its_way(books: Books, ana: User) -> None:
    refund = doubted(books).refund
    proposal = services.Proposal(order=refund.order, amount=rows.Decimal("5.00"))
    with pytest.raises(Incomplete, match="may have been"):
        services.propose(refund.ticket, proposal, run=None, by=ana)


# --- what is left behind ----------------------------------------------------------


def test_a_call_that_was_left_is_in_doubt_and_never_made_again(books: Books, called: Any) -> None:
    execution = ordered()
    assert outbox._claim(execution.pk)
    payments.sweep()
    assert states(execution) == ("calling", "executing")
    Execution.objects.update(lease_until=minutes_ago(1))
    payments.sweep()
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
    execution = outbox._claim(ordered().pk)
    assert execution
    Execution.objects.update(lease_until=minutes_ago(1))
    payments.sweep()
    recording.record(execution, answer)
    assert states(execution) == after


@pytest.mark.parametrize("answer", [Declined("No."), NotReached("away"), Unclear("?")])
def test_only_the_holder_says_what_came_of_it(books: Books, answer: Any) -> None:
    execution = outbox._claim(ordered().pk)
    assert execution
    execution.holder = "somebody else"
    recording.record(execution, answer)
    assert states(execution) == ("calling", "executing")


def test_whoever_was_away_too_long_does_not_put_it_back(books: Books) -> None:
    execution = outbox._claim(ordered().pk)
    assert execution
    Execution.objects.update(lease_until=minutes_ago(1))
    recording.record(execution, NotReached("away"))
    assert states(execution) == DOUBT


def test_an_executor_that_stumbles_leaves_a_doubt(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.payments.webhook.pay", lambda execution: 1 // 0)
    execution = paid(ordered())
    assert states(execution) == DOUBT
    assert "ZeroDivisionError" in execution.note


def test_the_sweep_calls_a_worker_to_what_nobody_took(books: Books, called: Any) -> None:
    waiting, fresh = ordered("20.00"), ordered("20.00", number="HP-2")
    doubt = doubted(books, number="HP-3")
    called.clear()
    Execution.objects.exclude(pk=fresh.pk).update(next_at=minutes_ago(1))
    payments.sweep()
    payments.sweep()
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
    execution = outbox._claim(ordered().pk)
    assert execution
    order = execution.refund.order
    order.payments.create(kind="refund", amount="49.00", reference="re_1", method="card")
    recording.record(execution, Paid("re_1"))
    assert states(execution) == DONE
    assert order.payments.filter(kind="refund").count() == 1


def test_a_reference_of_something_else_is_a_doubt(books: Books) -> None:
    execution = outbox._claim(ordered().pk)
    assert execution
    execution.refund.order.payments.create(kind="refund", amount="7.00", reference="re_1")
    recording.record(execution, Paid("re_1"))
    assert states(execution) == DOUBT
    assert "check the reference" in again(execution).note


def test_paid_after_somebody_said_that_it_was_not(books: Books, sol: User) -> None:
    execution = doubted(books)
    payments.settle(execution.pk, by=sol, paid=False, why="It is not on the statement.")
    recording.record(execution, Paid("re_1"))
    assert states(execution) == ("failed", "failed")
    assert Payment.objects.get(kind="refund").reference == "re_1"
    assert "Please check there" in Ticket.objects.get(pk=execution.refund.ticket_id).attention


def test_two_references_for_one_key_are_told(books: Books) -> None:
    execution = paid(ordered())
    recording.record(execution, Paid("re_1"))
    assert Receipt.objects.filter(step="pay").count() == 1
    recording.record(execution, Paid("re_2"))
    assert newest().output["told"] == "re_2"
    assert Payment.objects.filter(kind="refund").count() == 1


def test_what_is_in_doubt_counts_against_what_was_paid(books: Books) -> None:
    first = doubted(books).refund
    with pytest.raises(Incomplete, match="more than was paid"):
        approve(other(first, "40.01"))
    assert approve(other(first, "40.00")).state == "approved"


# --- people settle ----------------------------------------------------------------


def test_asking_ends_and_sol_settles_it(books: Books, sol: User, called: Any) -> None:
    books.manner = "breaks before"
    execution = doubted(books)
    for _ in range(asking.MOST_QUESTIONS):
        execution = asked(execution)
    assert states(execution) == DOUBT
    assert states(asked(execution)) == DOUBT
    assert len(books.questions) == asking.MOST_QUESTIONS
    assert payments.state_of(execution.refund).asking_ended
    called.clear()
    payments.sweep()
    assert not called
    payments.settle(execution.pk, by=sol, paid=True, reference="re_1", why="On the statement.")
    assert states(execution) == DONE
    receipt = newest()
    assert (receipt.actor, receipt.output["reason"]) == ("sol", "On the statement.")


def test_sol_finds_that_it_was_not_paid(books: Books, sol: User) -> None:
    execution = doubted(books)
    payments.settle(execution.pk, by=sol, paid=False, why="Not on the statement.")
    assert states(execution) == ("failed", "failed")
    assert again(execution).settled_by == sol


def test_sol_gives_up_what_waits(books: Books, sol: User) -> None:
    execution = ordered()
    payments.settle(execution.pk, by=sol, paid=False, why="The service is gone.")
    assert states(execution) == ("failed", "void")


def test_ana_settles_nothing(books: Books, ana: User) -> None:
    with pytest.raises(PermissionDenied):
        payments.settle(doubted(books).pk, by=ana, paid=False, why="I say so.")


def test_whoever_had_a_hand_in_it_settles_nothing(books: Books, sam: User) -> None:
    execution = doubted(books)
    Message.objects.create(
        ticket=execution.refund.ticket, direction="out", author=sam, text="It is on its way."
    )
    with pytest.raises(OwnWork):
        payments.settle(execution.pk, by=sam, paid=False, why="I say so.")


def test_above_the_limit_somebody_else_settles(books: Books, sam: User) -> None:
    execution = doubted(books)
    ApprovalLimit.objects.update(up_to="10.00")
    with pytest.raises(OverLimit):
        payments.settle(execution.pk, by=sam, paid=False, why="I say so.")


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
        payments.settle(execution.pk, by=sol, **said)


@pytest.mark.parametrize("paid_then", [True, False])
def test_what_is_settled_stays_settled(books: Books, sol: User, paid_then: bool) -> None:
    execution = paid(ordered())
    with pytest.raises(NotPending):
        payments.settle(execution.pk, by=sol, paid=paid_then, reference="re_9", why="x")


# --- what the database refuses ----------------------------------------------------


def now(*statements: str) -> None:
    """The statements, and everything that is looked at when a transaction ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*statements, "SET CONSTRAINTS ALL IMMEDIATE"):
            cursor.execute(statement)


@pytest.mark.parametrize("state", ["executing", "executed"])
def test_no_refund_is_paid_without_an_execution(state: str) -> None:
    approved()
    with pytest.raises(Exception, match="cannot have a payment"):
        now(f"UPDATE approvals_refund SET state = '{state}', reference = 're_1'")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'done', reference = 're_1'",
        "state = 'failed'",
        "state = 'calling', holder = 'x', lease_until = now()",
    ],
)
def test_an_execution_does_not_run_ahead_of_its_refund(books: Books, change: str) -> None:
    ordered()
    with pytest.raises(Exception, match="cannot have a payment"):
        now(f"UPDATE approvals_execution SET {change}")


def test_paid_under_another_reference_is_refused(books: Books) -> None:
    ordered()
    claimed = "UPDATE approvals_execution SET state = 'done', reference = 're_1'"
    refund = "UPDATE approvals_refund SET state = 'executed', reference = 're_2'"
    with pytest.raises(Exception, match="cannot have a payment"):
        now(claimed, refund)


def test_a_call_that_was_left_is_not_put_back(books: Books) -> None:
    outbox._claim(ordered().pk)
    Execution.objects.update(lease_until=minutes_ago(1))
    with pytest.raises(Exception, match="left alone is in doubt"):
        now("UPDATE approvals_execution SET state = 'queued'")


@pytest.mark.parametrize("change", ["key = 'other'", "amount = 1", "by = 'manual'", "charge = ''"])
def test_the_terms_of_an_order_stay(books: Books, change: str) -> None:
    ordered()
    with pytest.raises(Exception, match="Cannot update rows"):
        now(f"UPDATE approvals_execution SET {change}")


def test_an_order_is_never_deleted(books: Books) -> None:
    ordered()
    with pytest.raises(Exception, match="Cannot delete rows"):
        now("DELETE FROM approvals_execution")


@pytest.mark.parametrize(
    "terms",
    [{"amount": "48.00"}, {"currency": "EUR"}, {"state": "doubt"}, {"by": "manual"}],
)
def test_only_what_was_approved_is_ordered(terms: dict[str, str]) -> None:
    refund = approved()
    values = {"by": "webhook", "key": "k", "amount": "49.00", "currency": "GBP", **terms}
    with pytest.raises(Exception, match="only what was approved"), transaction.atomic():
        Execution.objects.create(refund=refund, **values)


def test_one_execution_a_decision(books: Books) -> None:
    execution = ordered()
    with pytest.raises(Exception, match="unique"), transaction.atomic():
        Execution.objects.create(
            refund=execution.refund, by="webhook", key="other", amount="49.00", currency="GBP"
        )
