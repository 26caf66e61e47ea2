"""What the database itself refuses about payments, whoever writes to it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from approvals.models import Execution
from approvals.payments import outbox
from tests.support.payment_rows import approved, minutes_ago, ordered
from tests.support.payment_server import Books

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
QUEUED = ("queued", "executing")


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
    outbox._claim_execution(ordered().pk)
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
