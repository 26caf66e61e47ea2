"""Payments nobody attends to: those that wait, doubts that are due, and abandoned calls."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from approvals.models import Execution
from approvals.payments import ledger, outbox, reconciliation
from tickets.queue import leases

log = logging.getLogger(__name__)

State = Execution.State
MISSED_AFTER = timedelta(seconds=5)
SWEEP_BATCH_SIZE = 20
ABANDONED_NOTE = "Whoever asked for the payment stopped before the answer."


def attend_execution(execution_id: int) -> str:
    """Pay the execution, or ask about it, as its state demands. Return its state then."""
    state = Execution.objects.values_list("state", flat=True).get(pk=execution_id)
    return (
        reconciliation.reconcile_execution(execution_id)
        if state == State.DOUBT
        else outbox.execute_payment(execution_id)
    )


def sweep_payments() -> None:
    """Mark abandoned calls as in doubt, and call a worker to each one that waits too long."""
    abandoned = leases.build_abandoned_filter(outbox.PAYMENT_LEASE, timezone.now())
    left = Execution.objects.filter(abandoned)
    for pk in list(left.values_list("pk", flat=True)[:SWEEP_BATCH_SIZE]):
        try:
            doubt_if_abandoned(pk)
        except Exception:  # the others have waited long enough too
            log.exception("execution %s was left in a call and could not be doubted", pk)
    for pk in _reschedule_missed():
        outbox.wake_worker(pk)


def doubt_if_abandoned(execution_id: int) -> None:
    """Mark the execution as in doubt if its lease ran out during the call.

    Nobody knows what the payment side was told.
    """
    with transaction.atomic():
        refund = ledger.lock_execution_refund(execution_id)
        execution = Execution.objects.select_for_update().get(pk=execution_id)
        ended = execution.lease_until and execution.lease_until < timezone.now()
        if execution.state == State.CALLING and ended:
            ledger.mark_doubtful(refund, execution, ABANDONED_NOTE)


def _reschedule_missed() -> list[int]:
    """Ids of the oldest executions that wait too long.

    Each waits anew from now, so it is called out once.
    """
    now = timezone.now()
    open_ones = Execution.objects.filter(
        Q(state=State.QUEUED) | Q(state=State.DOUBT, questions__lt=reconciliation.MAX_QUESTIONS)
    )
    return leases.call_out_overdue(
        open_ones, "next_at", before=now - MISSED_AFTER, until=now, limit=SWEEP_BATCH_SIZE
    )
