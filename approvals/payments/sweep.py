"""What nobody attends to: orders that wait, doubts that are due, and what a dead worker left."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from approvals.models import Execution
from approvals.payments import ledger, outbox, reconciliation

log = logging.getLogger(__name__)

State = Execution.State
MISSED_AFTER = timedelta(seconds=5)
SWEPT_AT_ONCE = 20
LEFT = "Whoever asked for the payment stopped before the answer."


def attend(execution_id: int) -> str:
    """Do what the execution waits for: pay it, or ask about it. Return how it stands then."""
    state = Execution.objects.values_list("state", flat=True).get(pk=execution_id)
    return (
        reconciliation.reconcile(execution_id) if state == State.DOUBT else outbox.pay(execution_id)
    )


def sweep() -> None:
    """Doubt what was left in a call, and call a worker to each one that waits too long."""
    left = Execution.objects.filter(state=State.CALLING, lease_until__lt=timezone.now())
    for pk in list(left.values_list("pk", flat=True)[:SWEPT_AT_ONCE]):
        try:
            doubt_if_left(pk)
        except Exception:  # the others have waited long enough too
            log.exception("execution %s was left in a call and could not be doubted", pk)
    for pk in _missed():
        outbox.wake(pk)


def doubt_if_left(execution_id: int) -> None:
    """In doubt, if its lease ran out: nobody knows what the payment side was told."""
    with transaction.atomic():
        refund = ledger.locked(execution_id)
        execution = Execution.objects.select_for_update().get(pk=execution_id)
        ended = execution.lease_until and execution.lease_until < timezone.now()
        if execution.state == State.CALLING and ended:
            ledger.doubt(refund, execution, LEFT)


def _missed() -> list[int]:
    """The oldest that wait too long; each waits anew from now, so it is called out once."""
    now = timezone.now()
    open_ones = Execution.objects.filter(
        Q(state=State.QUEUED) | Q(state=State.DOUBT, questions__lt=reconciliation.MOST_QUESTIONS)
    )
    late = open_ones.filter(next_at__lt=now - MISSED_AFTER).order_by("next_at")
    pks = list(late.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    open_ones.filter(pk__in=pks).update(next_at=now)
    return pks
