"""Manual resolution: a person settles a payment whose end the payment side does not tell."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from approvals import account_hands, separation_of_duties
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork
from approvals.models import Execution, Refund
from approvals.payments import ledger
from tickets.access import SUPERVISORS, require_role

State = Execution.State


def settle_payment(
    execution_id: int, *, by: User, paid: bool, why: str, reference: str = ""
) -> Execution:
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
        refund = ledger.lock_execution_refund(execution_id)
        execution = Execution.objects.select_for_update().get(pk=execution_id)
        if execution.state != State.DOUBT and (paid or execution.state != State.QUEUED):
            raise NotPending(f"This payment is not in doubt: {execution.get_state_display()}.")
        check_can_settle(refund, by)
        if paid:
            ledger.write_paid(refund, execution, reference, by=by, why=why)
        else:
            ledger.mark_failed(refund, execution, why, by=by)
    return execution


def check_can_settle(refund: Refund, by: User) -> None:
    """Raises OwnWork or OverLimit by the rules of a decision.

    The person had no hand in the refund, holds their account, and their limit reaches its
    amount.
    """
    if own := separation_of_duties.explain_involvement(refund, by):
        raise OwnWork(own)
    if changed := account_hands.explain_open_changes(by):
        raise OwnWork(changed)
    if separation_of_duties.get_limit(by, refund.currency) < refund.amount:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit. Somebody with a higher "
            "limit has to do this."
        )
