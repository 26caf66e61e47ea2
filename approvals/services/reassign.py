"""Who is to look at a request: handed to a colleague, or brought before everybody on age."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals import notifications, preconditions, refund_rows, separation_of_duties
from approvals.errors import Incomplete, OwnWork
from approvals.models import Care, Refund
from approvals.refund_rows import State

HOURS = 24  # where admins set none
log = logging.getLogger(__name__)


def reassign(refund_id: int, *, by: User, to: User | None, why: str) -> Refund:
    """Hand a request to a colleague who may decide on it, or with None back to all of them.

    Nobody with a hand in it chooses who decides. Raises a Refused; then nothing was changed.
    """
    if not why.strip():
        raise Incomplete("Please say why: your colleague reads it, and it stays in the record.")
    with transaction.atomic():
        refund = refund_rows.locked(refund_id)
        preconditions.closed(refund)
        if own := separation_of_duties.own_hand(refund, by):
            raise OwnWork(own)
        if to is not None and not separation_of_duties.may_decide(refund).filter(pk=to.pk).exists():
            raise Incomplete(f"{to.get_username()} may not decide on this refund.")
        before = refund.assigned_to
        refund.assigned_to = to
        refund.save(update_fields=["assigned_to"])
        refund_rows.receipt(refund, by, "assign", "ok", _handed(before, to, why.strip()))
        if to is not None and to != by:
            notifications.assigned(refund, to)
    return refund


def _handed(before: User | None, to: User | None, why: str) -> dict[str, str]:
    names = [person.get_username() if person else "" for person in (before, to)]
    return {"from": names[0], "to": names[1], "reason": why}


def escalate_overdue() -> int:
    """Bring before everybody who may decide what waits too long; return how many."""
    now, raised = timezone.now(), 0
    waiting = Refund.objects.filter(state=State.PENDING, escalated_at=None, expires_at__gt=now)
    hours = dict(Care.objects.values_list("currency", "escalate_hours"))
    for refund in waiting.only("currency", "created_at", "expires_at"):
        if now < late_from(refund, hours.get(refund.currency, HOURS)):
            continue
        try:
            raised += _escalate(refund.pk)
        except Exception:  # the others have waited long enough too
            log.exception("refund %s waits too long and could not be escalated", refund.pk)
    return raised


def late_from(refund: Refund, hours: int) -> datetime:
    """When it has waited too long: after the hours that admins set, or half of its time."""
    half = (refund.expires_at - refund.created_at) / 2
    return refund.created_at + min(timedelta(hours=hours), half)


def _escalate(pk: int) -> int:
    with transaction.atomic():
        refund = refund_rows.locked(pk)
        if refund.state != State.PENDING or refund.escalated_at is not None:
            return 0
        refund.escalated_at = timezone.now()
        refund.save(update_fields=["escalated_at"])
        told = [person.get_username() for person in notifications.escalated(refund)]
        refund_rows.receipt(refund, None, "escalate", "escalated", {"told": told})
    return 1
