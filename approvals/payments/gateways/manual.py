"""By hand: a person pays at the payment side and records its reference."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import refund_rows, reply_refresh
from approvals.errors import Incomplete, NotPending
from approvals.models import Execution, Refund
from approvals.payments import ledger, outbox
from approvals.refund_rows import CHANGED, State, Verdict
from approvals.snapshot import staleness
from approvals.snapshot.build import is_as_approved

TAKEN_BACK = "It was no longer to be paid."
SENT = (State.APPROVED, State.EXECUTING, State.EXECUTED, State.DOUBT)


def record_paid(refund_id: int, *, by: User, reference: str) -> tuple[str, ...]:
    """A person paid it at the payment side and gives its reference. Raises Refused.

    Money that moved for what was approved is on file: where something else than this payment
    changed since the approval, or where it no longer counted, the refund is void in the end,
    and what had changed is returned in sentences; empty where all is as it was approved.
    """
    reference = reference.strip()
    if not reference:
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = refund_rows.locked(refund_id)
        _may_be_recorded(refund, reference)
        known = ledger.on_file(refund, reference) is not None
        if refund.state == State.APPROVED and is_as_approved(refund, paid_as=reference):
            _pay(refund, by, reference, known)
            return ()
        return _pay_void(refund, by, reference, known)


def _may_be_recorded(refund: Refund, reference: str) -> None:
    """It waits for this, or no longer counted when the money had left already."""
    if refund.reference == reference:
        raise NotPending(f"This payment is recorded already, as {reference}.")
    said = f"Your reference {reference} was noted."
    if Execution.objects.filter(refund=refund, state__in=ledger.OPEN).exists():
        raise NotPending(
            f"The payment service pays this refund: please do not pay it by hand. {said} If you"
            " did, money may have gone twice: please check at the payment side."
        )
    if refund.state == State.APPROVED or was_to_be_paid(refund):
        return
    twice = refund.state in SENT or refund.reference
    gone = "money may have gone twice" if twice else "that is not on file"
    raise NotPending(
        f"This refund is {refund.get_state_display().lower()}, not approved. {said} If you paid"
        f" it, {gone}: please check at the payment side."
    )


def was_to_be_paid(refund: Refund) -> bool:
    """Whether it was approved, to be paid by hand, and void before anybody recorded that."""
    ordered = Execution.objects.filter(refund=refund).exists()
    if refund.state != State.VOID or refund.reference or ordered:
        return False
    agreed = refund.decisions.filter(verdict=Verdict.APPROVE)
    return agreed.count() >= refund.approvers_needed


def _pay(refund: Refund, by: User, reference: str, known: bool) -> None:
    """One execution a decision, here too: it is written when it is done."""
    try:
        with transaction.atomic():
            execution = Execution.objects.create(
                refund=refund,
                by=Execution.By.MANUAL,
                key=outbox.key_of(refund),
                state=Execution.State.DONE,
                amount=refund.amount,
                currency=refund.currency,
                reference=reference,
                settled_at=timezone.now(),
                settled_by=by,
            )
    except IntegrityError as error:
        raise refund_rows.refusal(error, Incomplete) from error
    refund.state, refund.reference = State.EXECUTED, reference
    refund_rows.save(refund)
    if not known:
        ledger.add_payment(refund, reference)
    ledger.receipt(refund, execution, "ok", by=by, on_file=known)
    reply_refresh.follow(refund)


def _pay_void(refund: Refund, by: User, reference: str, known: bool) -> tuple[str, ...]:
    """The payment is kept, but the approval is not carried out: people have to look at it.

    The steps are not taken again, for they might ask for the same money once more.
    """
    why = CHANGED if refund.state == State.APPROVED else TAKEN_BACK
    changed = staleness.since_approved(refund, paid_as=reference) or (why,)
    refund.state, refund.reference = State.VOID, reference
    refund_rows.save(refund)
    if not known:
        ledger.add_payment(refund, reference)
    told = {"reason": why, "reference": reference, "changed": changed, "on_file": known}
    refund_rows.receipt(refund, by, "pay", "void", told)
    refund.ticket.mark_attention(f"{staleness.paid_all_the_same(refund)} {' '.join(changed)}")
    return changed
