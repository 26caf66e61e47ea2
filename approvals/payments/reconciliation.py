"""Asking the payment side how it went, under the key it was ordered with."""

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
from approvals.snapshot.build import is_as_approved

State = Execution.State
FIRST_PAUSE = timedelta(seconds=30)
MOST_QUESTIONS = 12  # about five hours, each pause twice the one before
ASKING_ENDED = "The payment side gave no clear answer. Somebody has to look there and settle it."


def reconcile(execution_id: int) -> str:
    """Ask once how a doubtful one went; return how it stands then. It never pays.

    What the payment side never heard of, after the time in which it may still have been on
    its way, waits to be paid again under the same key. After ``MOST_QUESTIONS`` a person
    settles it.
    """
    execution = _take_question(execution_id)
    if execution is None:
        return str(Execution.objects.values_list("state", flat=True).get(pk=execution_id))
    asked_at = timezone.now()
    answer = outbox.call("ask", execution)
    return _learn(execution, answer, asked_at)


def _take_question(execution_id: int) -> Execution | None:
    """The execution, if one more question is due: a conditional UPDATE that one of two wins."""
    execution = Execution.objects.select_related("refund__order").get(pk=execution_id)
    now, asked = timezone.now(), execution.questions
    due = Execution.objects.filter(
        pk=execution_id,
        state=State.DOUBT,
        questions=asked,
        questions__lt=MOST_QUESTIONS,
        next_at__lte=now,
    )
    pause = ledger.pause_after(FIRST_PAUSE, asked)
    taken = due.update(questions=F("questions") + 1, next_at=now + pause)
    return execution if taken else None


def _learn(execution: Execution, answer: Answer, asked_at: datetime) -> str:
    with transaction.atomic():
        refund = ledger.locked(execution.pk)
        now = Execution.objects.select_for_update().get(pk=execution.pk)
        open_still = now.state == State.DOUBT and now.calls == execution.calls
        match answer:
            case Paid():
                ledger.paid(refund, now, answer.reference)
            case Declined() if open_still:
                ledger.failed(refund, now, answer.why)
            case Unheard() if open_still:
                _unheard(refund, now, asked_at)
            case NotReached() | Unclear() if open_still:
                _ask_later(refund, now, answer.why)
    return now.state


def _unheard(refund: Refund, execution: Execution, asked_at: datetime) -> None:
    """It may have been on its way when we asked: only after a while it surely never arrives.

    What was changed since it was approved then ends, for it may not be ordered again.
    """
    called = execution.called_at or execution.created_at
    if asked_at < called + timedelta(seconds=settings.PAYMENT_PATIENCE):
        return _ask_later(refund, execution, "The payment side has not heard of it yet.")
    if not is_as_approved(refund):
        return ledger.failed(refund, execution, refund_rows.CHANGED)
    why = "The payment side never heard of it, so it is ordered again, under the same key."
    ledger.requeue(refund, execution, why, pause=timedelta())
    ledger.receipt(refund, execution, "ok", reason=why)
    transaction.on_commit(lambda: outbox.wake(execution.pk))
    return None


def _ask_later(refund: Refund, execution: Execution, why: str) -> None:
    execution.note = why[:500]
    execution.save(update_fields=["note"])
    if execution.questions >= MOST_QUESTIONS:
        ledger.receipt(refund, execution, "abstained", reason=ASKING_ENDED)
        refund.ticket.mark_attention(ASKING_ENDED)
