"""The customer writes after sol approved: when the steps are done, the ticket says what is up."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.support.decided_replies import asked_for, decide, rules_alone
from tickets.models import Message, Ticket
from tickets.queue import run_queue
from triage.pipeline import worker as machine_services

__all__ = ["rules_alone"]
pytestmark = pytest.mark.django_db


def test_the_customer_writes_after_the_approval_and_the_ticket_says_so(sol: User) -> None:
    """Whatever the steps find, and whatever they make of the new message."""
    refund = decide(asked_for(), sol, "approve")
    machine_services.execute_run(refund.ticket.runs.get(state="queued").pk)
    refund.ticket.refresh_from_db()
    assert "looked at again before it is paid" not in refund.ticket.attention
    Message.objects.create(ticket=refund.ticket, direction="in", text="I keep it after all.")
    machine_services.execute_run(run_queue.enqueue_run(refund.ticket, reason="customer replied").pk)
    refund.ticket.refresh_from_db()
    assert refund.ticket.status == Ticket.Status.ATTENTION
    assert "looked at again before it is paid" in refund.ticket.attention
