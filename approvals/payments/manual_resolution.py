"""A person says how a payment went that the payment side does not tell."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from approvals import separation_of_duties
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork
from approvals.models import Execution, Refund
from approvals.payments import ledger
from tickets.access import SUPERVISORS, require_role

State = Execution.State


def settle(execution_id: int, *, by: User, paid: bool, why: str, reference: str = "") -> Execution:
    """Settle a doubt: paid, with the payment side's reference, or surely not paid.

    One that waits to be called can be given up so, too. Raises PermissionDenied, and a
    Refused that says why; then nothing was changed.
    """
    require_role(by, SUPERVISORS)
    why, reference = why.strip(), reference.strip()
    if not why:
        raise Incomplete("Please say how you know: it stays with the payment.")
    if paid and not reference:
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = ledger.locked(execution_id)
        execution = Execution.objects.select_for_update().get(pk=execution_id)
        if execution.state != State.DOUBT and (paid or execution.state != State.QUEUED):
            raise NotPending(f"This payment is not in doubt: {execution.get_state_display()}.")
        may_settle(refund, by)
        if paid:
            ledger.write_paid(refund, execution, reference, by=by, why=why)
        else:
            ledger.failed(refund, execution, why, by=by)
    return execution


def may_settle(refund: Refund, by: User) -> None:
    """The rules of a decision: no hand in it, and a limit that reaches so far."""
    if own := separation_of_duties.own_hand(refund, by):
        raise OwnWork(own)
    if separation_of_duties.limit_of(by, refund.currency) < refund.amount:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit. Somebody with a higher "
            "limit has to do this."
        )
