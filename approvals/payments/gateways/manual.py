"""Payment by hand: a person pays at the payment side and records its reference."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import refund_rows, reply_refresh
from approvals.errors import Incomplete, NotPending
from approvals.models import Execution, Refund
from approvals.payments import ledger, outbox
from approvals.refund_rows import APPROVAL_OUTDATED, State, Verdict
from approvals.snapshot import staleness
from approvals.snapshot.build import Snapshot, build_snapshot, is_as_approved

NO_LONGER_PAYABLE = "It was no longer to be paid."
MONEY_SENT_STATES = (State.APPROVED, State.EXECUTING, State.EXECUTED, State.DOUBT)


def record_manual_payment(refund_id: int, *, by: User, reference: str) -> tuple[str, ...]:
    """Record that a person paid it at the payment side, with its reference. Raises Refused.

    Money that moved for what was approved is on file: where something else than this payment
    changed since the approval, or where it no longer counted, the refund is void in the end,
    and what had changed is returned in sentences; empty where all is as it was approved.
    """
    reference = reference.strip()
    if not reference:
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        _check_can_record(refund, reference)
        known = ledger.find_recorded_payment(refund, reference) is not None
        # Without the payment itself; the receipt below builds one with it.
        snapshot = build_snapshot(refund, paid_as=reference)
        if refund.state == State.APPROVED and is_as_approved(refund, snapshot):
            _write_manual_payment(refund, by, reference, known)
            return ()
        return _write_void_payment(refund, by, reference, known, snapshot)


def _check_can_record(refund: Refund, reference: str) -> None:
    """Raises NotPending unless it waits for a payment by hand, or may have been paid so."""
    if refund.reference == reference:
        raise NotPending(f"This payment is recorded already, as {reference}.")
    said = f"Your reference {reference} was noted."
    if Execution.objects.filter(refund=refund, state__in=ledger.OPEN_STATES).exists():
        raise NotPending(
            f"The payment service pays this refund: please do not pay it by hand. {said} If you"
            " did, money may have gone twice: please check at the payment side."
        )
    if refund.state == State.APPROVED or may_have_been_paid(refund):
        return
    twice = refund.state in MONEY_SENT_STATES or refund.reference
    gone = "money may have gone twice" if twice else "that is not on file"
    raise NotPending(
        f"This refund is {refund.get_state_display().lower()}, not approved. {said} If you paid"
        f" it, {gone}: please check at the payment side."
    )


def may_have_been_paid(refund: Refund) -> bool:
    """Whether it was approved, to be paid by hand, and void before a payment was recorded."""
    if refund.state != State.VOID or refund.reference:
        return False
    if Execution.objects.filter(refund=refund).exists():
        return False
    agreed = refund.decisions.filter(verdict=Verdict.APPROVE)
    return agreed.count() >= refund.approvers_needed


def _write_manual_payment(refund: Refund, by: User, reference: str, known: bool) -> None:
    """One execution a decision, here too: it is written when it is done."""
    try:
        with transaction.atomic():
            execution = Execution.objects.create(
                refund=refund,
                by=Execution.By.MANUAL,
                key=outbox.compute_idempotency_key(refund),
                state=Execution.State.DONE,
                amount=refund.amount,
                currency=refund.currency,
                reference=reference,
                settled_at=timezone.now(),
                settled_by=by,
            )
    except IntegrityError as error:
        raise refund_rows.translate_integrity_error(error, Incomplete) from error
    refund.state, refund.reference = State.EXECUTED, reference
    refund_rows.save_state(refund)
    if not known:
        ledger.add_payment(refund, reference)
    ledger.append_payment_receipt(refund, execution, "ok", by=by, on_file=known)
    reply_refresh.refresh_reply(refund)


def _write_void_payment(
    refund: Refund, by: User, reference: str, known: bool, snapshot: Snapshot
) -> tuple[str, ...]:
    """Keep the payment of an approval that no longer counts; return what changed.

    People have to look at it. The steps are not taken again, for they might ask for the same
    money once more.
    """
    why = APPROVAL_OUTDATED if refund.state == State.APPROVED else NO_LONGER_PAYABLE
    changed = staleness.list_changes_since_approval(refund, snapshot) or (why,)
    refund.state, refund.reference = State.VOID, reference
    refund_rows.save_state(refund)
    if not known:
        ledger.add_payment(refund, reference)
    told = {"reason": why, "reference": reference, "changed": changed, "on_file": known}
    refund_rows.append_refund_receipt(refund, by, "pay", "void", told)
    refund.ticket.mark_attention(
        f"{staleness.format_void_payment_warning(refund)} {' '.join(changed)}"
    )
    return changed
