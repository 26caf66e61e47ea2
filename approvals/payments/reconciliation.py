"""Reconciliation: asking how a payment went, under the key it was ordered with."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from approvals import refund_rows
from approvals.models import Execution, Refund
from approvals.payments import ledger, outbox
from approvals.payments.responses import Answer, Declined, NotReached, Paid, Unclear, Unheard
from approvals.snapshot.build import build_snapshot, is_as_approved

State = Execution.State
FIRST_PAUSE = timedelta(seconds=30)
MAX_QUESTIONS = 12  # about five hours, each pause twice the one before
ASKING_ENDED = "The payment side gave no clear answer. Somebody has to look there and settle it."


def reconcile_execution(execution_id: int) -> str:
    """Ask once how a doubtful payment went; return its state then. It never pays.

    What the payment side never heard of, after the time in which it may still have been on
    its way, waits to be paid again under the same key. After ``MAX_QUESTIONS`` a person
    settles it.
    """
    execution = _claim_question(execution_id)
    if execution is None:
        return str(Execution.objects.values_list("state", flat=True).get(pk=execution_id))
    asked_at = timezone.now()
    answer = outbox.call_gateway("ask", execution)
    return _apply_answer(execution, answer, asked_at)


def _claim_question(execution_id: int) -> Execution | None:
    """The execution, if one more question is due: a conditional UPDATE that one of two wins."""
    execution = Execution.objects.select_related("refund__order").get(pk=execution_id)
    now, asked = timezone.now(), execution.questions
    due = Execution.objects.filter(
        pk=execution_id,
        state=State.DOUBT,
        questions=asked,
        questions__lt=MAX_QUESTIONS,
        next_at__lte=now,
    )
    pause = ledger.compute_pause(FIRST_PAUSE, asked)
    taken = due.update(questions=F("questions") + 1, next_at=now + pause)
    return execution if taken else None


def _apply_answer(execution: Execution, answer: Answer, asked_at: datetime) -> str:
    with transaction.atomic():
        refund = ledger.lock_execution_refund(execution.pk)
        now = Execution.objects.select_for_update().get(pk=execution.pk)
        open_still = now.state == State.DOUBT and now.calls == execution.calls
        match answer:
            case Paid():
                ledger.mark_paid(refund, now, answer.reference)
            case Declined() if open_still:
                ledger.mark_failed(refund, now, answer.why)
            case Unheard() if open_still:
                _handle_unheard(refund, now, asked_at)
            case NotReached() | Unclear() if open_still:
                _keep_in_doubt(refund, now, answer.why)
    return now.state


def _handle_unheard(refund: Refund, execution: Execution, asked_at: datetime) -> None:
    """Order it again once it surely never arrives: it may have been on its way when we asked.

    What was changed since it was approved then ends, for it may not be ordered again.
    """
    called = execution.called_at or execution.created_at
    if asked_at < called + timedelta(seconds=settings.PAYMENT_PATIENCE):
        return _keep_in_doubt(refund, execution, "The payment side has not heard of it yet.")
    snapshot = build_snapshot(refund)
    if not is_as_approved(refund, snapshot):
        outdated = refund_rows.APPROVAL_OUTDATED
        return ledger.mark_failed(refund, execution, outdated, snapshot=snapshot)
    why = "The payment side never heard of it, so it is ordered again, under the same key."
    ledger.requeue_execution(refund, execution, why, pause=timedelta())
    ledger.append_payment_receipt(refund, execution, "ok", snapshot=snapshot, reason=why)
    transaction.on_commit(lambda: outbox.wake_worker(execution.pk))
    return None


def _keep_in_doubt(refund: Refund, execution: Execution, why: str) -> None:
    execution.note = why[:500]
    execution.save(update_fields=["note"])
    if execution.questions >= MAX_QUESTIONS:
        ledger.append_payment_receipt(refund, execution, "abstained", reason=ASKING_ENDED)
        refund.ticket.mark_attention(ASKING_ENDED)
