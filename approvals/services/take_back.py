"""Taking an approval back before it is paid."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from approvals import refund_rows, reply_refresh
from approvals.errors import Incomplete, NotPending
from approvals.models import Execution, Refund
from approvals.payments.manual_resolution import check_can_settle
from approvals.refund_rows import State
from tickets.access import SUPERVISORS, require_role

TAKE_BACK_STEP = "take back"


def take_back_approval(refund_id: int, *, by: User, why: str) -> Refund:
    """Make void an approved refund that is to be paid by hand.

    Raises PermissionDenied, and a Refused that says why; then nothing was changed.
    """
    require_role(by, SUPERVISORS)
    why = why.strip()
    if not why:
        raise Incomplete("Please say why: it stays with the refund.")
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        if refund.state != State.APPROVED:
            raise NotPending(f"This refund is {refund.get_state_display().lower()}, not approved.")
        if Execution.objects.filter(refund=refund).exists():
            raise NotPending("The payment service pays this refund: give up the payment instead.")
        check_can_settle(refund, by)
        refund_rows.close_refund(refund, State.VOID, by=by, step=TAKE_BACK_STEP, why=why)
        reply_refresh.refresh_reply(refund, why)
    return refund
