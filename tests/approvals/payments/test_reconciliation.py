"""Payments that nobody heard of, or heard of too early: found by the machine, told in short."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from approvals import payments, services
from approvals.models import Execution
from approvals.payments import outbox, reconciliation
from approvals.payments.responses import Unheard
from tests.support import shop_rows, ticket_stories
from tests.support.payment_rows import again, approve, asked, meet, ordered, paid, states
from tests.support.payment_server import Books
from tickets.intake import receive_order
from tickets.models import Message, Receipt, Ticket

pytestmark = pytest.mark.django_db


def ordered_by_the_machine() -> Execution:
    ticket = shop_rows.ticket()
    proposal = services.Proposal(order=shop_rows.order(), amount=Decimal("49.00"))
    run = ticket_stories.run_of(ticket)
    return Execution.objects.get(
        refund=approve(services.propose_refund(ticket, proposal, run=run, by=None))
    )


def lost(execution: Execution) -> Execution:
    """A worker claimed it and was not seen again; its lease ran out."""
    assert outbox._claim_execution(execution.pk)
    past = timezone.now() - timedelta(hours=1)
    Execution.objects.filter(pk=execution.pk).update(lease_until=past, called_at=past)
    return again(execution)


def test_what_the_machine_asked_for_can_be_ordered_again(books: Books) -> None:
    execution = lost(ordered_by_the_machine())
    payments.sweep_payments()
    assert states(asked(execution)) == ("queued", "executing")
    assert states(paid(execution)) == ("done", "executed")
    told = Receipt.objects.filter(step="pay").order_by("seq")
    assert [receipt.status for receipt in told] == ["doubt", "ok", "ok"]


def test_a_payment_that_an_import_brought_first_is_a_doubt_until_we_hear_of_it(
    books: Books,
) -> None:
    execution = lost(ordered("89.00"))
    told = {"kind": "refund", "amount": "89.00", "reference": "re_1"}
    receive_order({"number": "HP-1042", "customer": "C1", "payments": [told]})
    payments.sweep_payments()
    assert states(execution) == ("doubt", "doubt")


def test_what_was_never_heard_of_and_has_changed_is_not_ordered_again(books: Books) -> None:
    execution = lost(ordered("89.00"))
    payments.sweep_payments()
    execution.refund.order.payments.create(kind="refund", amount="1.00", reference="re_0")
    assert states(asked(execution)) == ("failed", "failed")
    assert not books.orders


def test_an_answer_from_before_it_arrived_counts_for_nothing(books: Books, settings: Any) -> None:
    meet(settings, books, "drops before")
    execution = paid(ordered())
    early = timezone.now()
    past = early - timedelta(seconds=settings.PAYMENT_PATIENCE + 1)
    Execution.objects.filter(pk=execution.pk).update(called_at=past)
    before = past + timedelta(seconds=30)
    assert reconciliation._apply_answer(again(execution), Unheard(), before) == "doubt"
    assert reconciliation._apply_answer(again(execution), Unheard(), early) == "queued"


def test_the_customer_wrote_while_nobody_knew(books: Books) -> None:
    execution = lost(ordered())
    payments.sweep_payments()
    Message.objects.create(ticket=execution.refund.ticket, direction="in", text="I keep it.")
    assert states(asked(execution)) == ("failed", "failed")


def test_what_is_called_in_vain_is_told_once(
    books: Books, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    execution = ordered()
    settings.PAYMENT_SECRET = ""
    told = []
    for _ in range(7):
        Execution.objects.update(next_at=timezone.now())
        assert states(paid(execution)) == ("queued", "executing")
        told.append(Receipt.objects.filter(step="pay", status="abstained").count())
    assert told == [0, 0, 0, 0, 1, 1, 1]
    ticket = Ticket.objects.get(pk=execution.refund.ticket_id)
    assert ticket.status == Ticket.Status.ATTENTION
    assert ticket.attention.startswith("The refund is approved and not paid yet: PAYMENT_URL and")
    assert caplog.text.count("in vain: PAYMENT_URL and PAYMENT_SECRET are not set.") == 7
