"""The ledger of payments: execution, refund, payment and receipt are written in one go."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import refund_rows, reply_refresh, separation_of_duties
from approvals.errors import Incomplete, Refused
from approvals.models import Execution, Refund
from approvals.payments.responses import Answer, Declined, NotReached, Paid, Unclear
from approvals.snapshot.build import Snapshot, is_as_approved
from tickets.models import Payment

log = logging.getLogger(__name__)

State = Execution.State
OPEN_STATES = (State.QUEUED, State.CALLING, State.DOUBT)
FIRST_RETRY = timedelta(seconds=15)
FIRST_QUESTION = timedelta(seconds=10)
MAX_PAUSE = timedelta(hours=1)
ATTENTION_AFTER_CALLS = 5  # calls in vain, nearly four minutes


def record_answer(execution: Execution, answer: Answer) -> str:
    """Write what the payment side answered to the call of ``execution``; return its state.

    That it was paid settles whatever is open, for there is one key. Anything else counts
    only from whoever still holds the claim, or held it when it ran out.
    """
    with transaction.atomic():
        refund = lock_execution_refund(execution.pk)
        now = Execution.objects.select_for_update().get(pk=execution.pk)
        held = now.holder == execution.holder and now.state in (State.CALLING, State.DOUBT)
        match answer:
            case Paid():
                mark_paid(refund, now, answer.reference)
            case Declined() if held:
                mark_failed(refund, now, answer.why)
            case NotReached() if held:
                _retry_later(refund, now, answer.why)
            case Unclear() if held:
                mark_doubtful(refund, now, answer.why)
    return now.state


def lock_execution_refund(execution_id: int) -> Refund:
    """The refund of the execution with its ticket and order, locked in the order of all."""
    return refund_rows.lock_refund(
        Execution.objects.values_list("refund_id", flat=True).get(pk=execution_id)
    )


def mark_paid(refund: Refund, execution: Execution, reference: str) -> None:
    """Write that the payment side paid. What our rows cannot hold is left in doubt."""
    if execution.state not in OPEN_STATES:
        return _handle_repeated_paid(refund, execution, reference)
    try:
        write_paid(refund, execution, reference, by=None)
    except Refused as refused:
        refund.refresh_from_db(fields=["state", "reference"])
        execution.refresh_from_db()
        if execution.state == State.QUEUED:  # it was about to be called again
            return _report_contradiction(refund, execution, reference, str(refused))
        why = f"The payment side says paid as {reference}, but: {refused}"
        mark_doubtful(refund, execution, why)
    return None


def write_paid(
    refund: Refund, execution: Execution, reference: str, *, by: User | None, why: str = ""
) -> None:
    """Write that it was paid: execution, refund, payment and receipt.

    Raises Incomplete, with nothing written.
    """
    known = find_recorded_payment(refund, reference)
    with transaction.atomic():
        execution.state, execution.reference, execution.note = State.DONE, reference, why[:500]
        execution.settled_at, execution.settled_by, execution.lease_until = timezone.now(), by, None
        execution.save()
        refund.state, refund.reference = Refund.State.EXECUTED, reference
        refund_rows.save_state(refund)
        if known is None:
            add_payment(refund, reference)
    output: dict[str, Any] = {"on_file": known is not None, **({"reason": why} if why else {})}
    append_payment_receipt(refund, execution, "ok", by=by, **output)
    reply_refresh.refresh_reply(refund)


def find_recorded_payment(refund: Refund, reference: str) -> Payment | None:
    """The payment with this reference that an import brought first, None where there is none.

    Raises Incomplete where it is another one.
    """
    payments = refund.order.payments.filter(kind=Payment.Kind.REFUND, reference=reference)
    known = payments.first()
    if known and known.amount != refund.amount:
        raise Incomplete(
            f"{reference} is on file for this order with {known.amount} {refund.currency}, and this"
            f" refund is {refund.amount} {refund.currency}. Please check the reference."
        )
    others = Refund.objects.filter(order=refund.order, reference=reference)
    if others.exclude(pk=refund.pk).exists():
        raise Incomplete(separation_of_duties.REFUSALS["one_refund_a_reference"])
    if known and is_as_approved(refund):
        raise Incomplete(
            f"{reference} was on file before this was approved. Please give the reference of"
            " the new payment."
        )
    return known


def mark_failed(
    refund: Refund,
    execution: Execution,
    why: str,
    *,
    by: User | None = None,
    snapshot: Snapshot | None = None,
) -> None:
    """Write that it surely was not paid, and will not be."""
    execution.state, execution.note, execution.lease_until = State.FAILED, why[:500], None
    execution.settled_at, execution.settled_by = timezone.now(), by
    execution.save()
    approved = refund.state == Refund.State.APPROVED  # never called
    refund.state = Refund.State.VOID if approved else Refund.State.FAILED
    refund_rows.save_state(refund)
    status = "void" if approved else "failed"
    append_payment_receipt(refund, execution, status, by=by, snapshot=snapshot, reason=why)
    refund.ticket.mark_attention(f"The refund was not paid: {why}")
    reply_refresh.refresh_reply(refund, why)


def cancel_execution(refund: Refund, why: str, *, snapshot: Snapshot) -> None:
    """Give up a payment that waits: nothing is called."""
    execution = Execution.objects.select_for_update().get(refund=refund)
    mark_failed(refund, execution, why, snapshot=snapshot)


def mark_doubtful(refund: Refund, execution: Execution, why: str) -> None:
    """Write that it may or may not have been paid.

    It is asked about, and people can see it.
    """
    if execution.state == State.DOUBT:
        Execution.objects.filter(pk=execution.pk).update(note=why[:500])
        return
    execution.state, execution.note, execution.lease_until = State.DOUBT, why[:500], None
    execution.next_at = timezone.now() + FIRST_QUESTION
    execution.save()
    refund.state = Refund.State.DOUBT
    refund_rows.save_state(refund)
    append_payment_receipt(refund, execution, "doubt", reason=why)
    refund.ticket.mark_attention("The refund may or may not have been paid: we are asking.")
    reply_refresh.refresh_reply(refund)


def requeue_execution(refund: Refund, execution: Execution, why: str, *, pause: timedelta) -> None:
    """Let it be called again under the same key after ``pause``: it surely was not paid."""
    execution.state, execution.note, execution.lease_until = State.QUEUED, why[:500], None
    execution.next_at = timezone.now() + pause
    execution.save()
    if refund.state != Refund.State.EXECUTING:
        refund.state = Refund.State.EXECUTING
        refund_rows.save_state(refund)


def compute_pause(first: timedelta, times: int) -> timedelta:
    """The pause after so many times: twice as long each time, an hour at most."""
    return min(first * (1 << min(times, 20)), MAX_PAUSE)


def append_payment_receipt(
    refund: Refund,
    execution: Execution,
    status: str,
    *,
    by: User | None = None,
    snapshot: Snapshot | None = None,
    **output: Any,
) -> None:
    """Append the receipt of a payment, of a doubt or of its end.

    ``snapshot`` is handed on to ``append_refund_receipt``.
    """
    told = {
        "by": execution.by,
        "key": execution.key,
        "calls": execution.calls,
        "questions": execution.questions,
        "reference": execution.reference,
        **output,
    }
    refund_rows.append_refund_receipt(refund, by, "pay", status, told, snapshot=snapshot)


def _retry_later(refund: Refund, execution: Execution, why: str) -> None:
    log.warning("execution %s: call %s in vain: %s", execution.pk, execution.calls, why)
    soon = timezone.now() + timedelta(seconds=1)
    if execution.state == State.CALLING and (execution.lease_until or soon) <= soon:
        return mark_doubtful(
            refund, execution, why
        )  # whoever was away so long is not to be trusted
    pause = compute_pause(FIRST_RETRY, execution.calls - 1)
    requeue_execution(refund, execution, why, pause=pause)
    if execution.calls == ATTENTION_AFTER_CALLS:
        append_payment_receipt(refund, execution, "abstained", reason=why)
        refund.ticket.mark_attention(f"The refund is approved and not paid yet: {why}")
    return None


def _handle_repeated_paid(refund: Refund, execution: Execution, reference: str) -> None:
    """An answer to what is settled: the same is nothing new, anything else is for people."""
    if execution.state != State.DONE or execution.reference != reference:
        state = execution.get_state_display().lower()
        _report_contradiction(refund, execution, reference, f"it is settled as: {state}")


def _report_contradiction(refund: Refund, execution: Execution, reference: str, why: str) -> None:
    """Keep a payment that our rows say did not happen, and tell people."""
    log.error("execution %s: paid as %s, but %s", execution.pk, reference, why)
    with transaction.atomic():
        if execution.state == State.FAILED and not _has_recorded_payment(refund, reference):
            add_payment(refund, reference)
    append_payment_receipt(
        refund, execution, "failed", reason=f"Told of {reference}: {why}", told=reference
    )
    refund.ticket.mark_attention(
        f"The payment side says it paid this refund as {reference}, but {why}. Please check there."
    )


def _has_recorded_payment(refund: Refund, reference: str) -> bool:
    return refund.order.payments.filter(kind=Payment.Kind.REFUND, reference=reference).exists()


def add_payment(refund: Refund, reference: str) -> None:
    try:
        with transaction.atomic():
            Payment.objects.create(
                order=refund.order,
                kind=Payment.Kind.REFUND,
                amount=refund.amount,
                at=timezone.now(),
                method=refund.remedy,
                reference=reference,
            )
    except IntegrityError as error:
        raise refund_rows.translate_integrity_error(error, Incomplete) from error
