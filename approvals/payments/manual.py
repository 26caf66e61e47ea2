"""By hand: a person pays at the payment side and records its reference."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import following, rows
from approvals.errors import Incomplete, NotPending, Stale
from approvals.models import Execution, Refund
from approvals.payments import outbox, recording
from approvals.rows import CHANGED, State
from approvals.seen import is_as_approved


def record_paid(refund_id: int, *, by: User, reference: str) -> Refund:
    """A person paid it at the payment side and gives its reference. Raises Refused.

    Where something else than this payment changed since the approval, the refund becomes
    void and Stale is raised; any other refusal changes nothing.
    """
    reference = reference.strip()
    if not reference:
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = rows.locked(refund_id)
        if refund.state != State.APPROVED:
            raise NotPending(f"This refund is {refund.get_state_display().lower()}, not approved.")
        if Execution.objects.filter(refund=refund).exists():
            raise NotPending("The payment service pays this refund: please do not pay it by hand.")
        known = recording.on_file(refund, reference)
        if is_as_approved(refund, paid_as=reference):
            _pay(refund, by, reference, known is not None)
            return refund
        rows.close(refund, State.VOID, by=by, step="pay", why=CHANGED, reference=reference)
        following.follow(refund)
    raise Stale(f"{CHANGED} The payment was not recorded. Please ask for it again on the ticket.")


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
        raise rows.refusal(error, Incomplete) from error
    refund.state, refund.reference = State.EXECUTED, reference
    rows.save(refund)
    if not known:
        recording.add_payment(refund, reference)
    recording.receipt(refund, execution, "ok", by=by, on_file=known)
    following.follow(refund)
