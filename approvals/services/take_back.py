"""An approval is taken back before anybody paid it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from approvals import refund_rows, reply_refresh
from approvals.errors import Incomplete, NotPending
from approvals.models import Execution, Refund
from approvals.payments.manual_resolution import may_settle
from approvals.refund_rows import State
from tickets.access import SUPERVISORS, require_role

STEP = "take back"


def take_back(refund_id: int, *, by: User, why: str) -> Refund:
    """Make void what is approved and to be paid by hand.

    Raises PermissionDenied, and a Refused that says why; then nothing was changed.
    """
    require_role(by, SUPERVISORS)
    why = why.strip()
    if not why:
        raise Incomplete("Please say why: it stays with the refund.")
    with transaction.atomic():
        refund = refund_rows.locked(refund_id)
        if refund.state != State.APPROVED:
            raise NotPending(f"This refund is {refund.get_state_display().lower()}, not approved.")
        if Execution.objects.filter(refund=refund).exists():
            raise NotPending("The payment service pays this refund: give up the payment instead.")
        may_settle(refund, by)
        refund_rows.close(refund, State.VOID, by=by, step=STEP, why=why)
        reply_refresh.follow(refund, why)
    return refund
