"""What the database refuses about refunds, from whatever side it is asked."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals import services
from approvals.models import ApprovalLimit, Decision, Refund
from tests.support.refund_decisions import decide, refund

pytestmark = pytest.mark.django_db


def sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("change", ["by_id = requested_by_id", "amount = 1", "reason = 'other'"])
def test_a_decision_is_never_changed(sol: User, change: str) -> None:
    decide(refund(), sol)
    with pytest.raises(DatabaseError):
        sql(f"UPDATE approvals_decision SET {change}")


def test_a_decision_that_hides_the_requester_is_refused(sol: User) -> None:
    asked = refund(by=sol)
    with pytest.raises(IntegrityError, match="does not describe"), transaction.atomic():
        decision(asked, sol)


def test_a_limit_that_sol_does_not_have_is_refused(sol: User) -> None:
    with pytest.raises(IntegrityError, match="does not describe"), transaction.atomic():
        decision(refund(), sol, limit=501)


def decision(asked: Refund, by: User, limit: int = 500) -> Decision:
    return Decision.objects.create(
        refund=asked,
        verdict="approve",
        reason="mine",
        by=by,
        fingerprint="0",
        amount=asked.amount,
        limit_then=limit,
    )


@pytest.mark.parametrize(
    "change",
    [
        "amount = 50",
        "currency = 'EUR'",
        "order_id = order_id + 1",
        "ticket_id = ticket_id + 1",
        "remedy = 'store credit'",
        "requested_by_id = NULL",
        "note = 'other'",
        "citations = '[1]'",
    ],
)
def test_the_terms_of_a_request_stay(ana: User, change: str) -> None:
    refund(by=ana)
    with pytest.raises(DatabaseError, match="Cannot update rows"):
        sql(f"UPDATE approvals_refund SET {change}")


@pytest.mark.parametrize("state", ["executing", "executed", "failed", "doubt"])
def test_nothing_is_paid_that_only_waits(state: str) -> None:
    refund()
    with pytest.raises(DatabaseError, match="Invalid transition"):
        sql(f"UPDATE approvals_refund SET state = '{state}', reference = 're_1'")


@pytest.mark.parametrize("verdict", ["reject", "return"])
def test_a_closed_request_stays_closed(sol: User, verdict: str) -> None:
    decide(refund(), sol, verdict)
    with pytest.raises(DatabaseError):
        sql("UPDATE approvals_refund SET state = 'pending'")


def test_nothing_is_approved_without_a_person() -> None:
    refund()
    with pytest.raises(IntegrityError, match="too few people"):
        sql("UPDATE approvals_refund SET state = 'approved'")


def test_who_writes_the_state_does_not_choose_how_many_it_takes(sol: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    decide(refund(), sol)
    with pytest.raises(IntegrityError, match="too few people"):
        sql("UPDATE approvals_refund SET state = 'approved', approvers_needed = 1")


def test_two_who_approved_two_things_are_not_enough(sol: User, sam: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    asked = refund()
    decide(asked, sol)
    decision(asked, sam)
    with pytest.raises(IntegrityError, match="too few people"):
        sql("UPDATE approvals_refund SET state = 'approved'")


def test_a_refund_is_not_born_approved() -> None:
    asked = refund()
    asked.pk, asked.state = None, Refund.State.EXECUTING
    with pytest.raises(IntegrityError, match="begins as a request"), transaction.atomic():
        asked.save()


def test_a_reference_pays_one_refund(sol: User) -> None:
    first = decide(refund("20.00"), sol)
    other = services.Proposal(order=first.order, amount=Decimal("20.00"))
    second = services.propose_refund(first.ticket, other, run=None, by=None)
    decide(second, sol)
    with pytest.raises(IntegrityError, match="one_refund_a_reference"):
        sql("UPDATE approvals_refund SET state = 'executed', reference = 're_1'")


@pytest.mark.parametrize(
    ("table", "index"), [("customer", "customer_by_email"), ("ticket", "ticket_by_email")]
)
def test_a_look_up_by_address_uses_an_index(table: str, index: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM tickets_{table} WHERE LOWER(email) = 'a@b.example'")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert index in plan
