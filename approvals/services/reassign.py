"""Reassigning a request to a colleague, and escalating what waits too long."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, DurationField, ExpressionWrapper, F, Q, Value, When
from django.utils import timezone

from approvals import notifications, preconditions, refund_rows, separation_of_duties
from approvals.errors import Incomplete, OwnWork
from approvals.models import Care, Refund
from approvals.refund_rows import State

DEFAULT_ESCALATE_HOURS = 24  # where admins set none
log = logging.getLogger(__name__)


def reassign_refund(refund_id: int, *, by: User, to: User | None, why: str) -> Refund:
    """Hand a request to a colleague who may decide on it, or with None back to all of them.

    Nobody with a hand in it chooses who decides. Raises a Refused; then nothing was changed.
    """
    if not why.strip():
        raise Incomplete("Please say why: your colleague reads it, and it stays in the record.")
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        preconditions.check_still_open(refund)
        if own := separation_of_duties.explain_involvement(refund, by):
            raise OwnWork(own)
        if to is not None and to not in separation_of_duties.list_eligible_approvers(refund):
            raise Incomplete(f"{to.get_username()} may not decide on this refund.")
        before = refund.assigned_to
        refund.assigned_to = to
        refund.save(update_fields=["assigned_to"])
        refund_rows.append_refund_receipt(
            refund, by, "assign", "ok", _build_handover_output(before, to, why.strip())
        )
        if to is not None and to not in (by, before):
            notifications.notify_assigned(refund, to)
    return refund


def _build_handover_output(before: User | None, to: User | None, why: str) -> dict[str, str]:
    names = [person.get_username() if person else "" for person in (before, to)]
    return {"from": names[0], "to": names[1], "reason": why}


def escalate_overdue() -> int:
    """Bring before everybody who may decide what waits too long; return how many."""
    raised = 0
    for pk in _list_overdue_ids(timezone.now()):
        try:
            raised += _escalate_refund(pk)
        except Exception:  # the others have waited long enough too
            log.exception("refund %s waits too long and could not be escalated", pk)
    return raised


def _list_overdue_ids(now: datetime) -> list[int]:
    """Ids of the requests that have waited as many hours as their currency's admins allow, or
    half of the time until they expire, and were not escalated yet.

    The database compares: every other request that waits would be read every two seconds.
    """
    waiting = Refund.objects.filter(state=State.PENDING, escalated_at=None, expires_at__gt=now)
    said = Care.objects.values_list("currency", "escalate_hours")
    hours = Case(
        *(When(currency=currency, then=_build_span(count)) for currency, count in said),
        default=_build_span(DEFAULT_ESCALATE_HOURS),
    )
    waited = ExpressionWrapper(Value(now) - F("created_at"), DurationField())
    left = ExpressionWrapper(F("expires_at") - Value(now), DurationField())
    found = waiting.alias(waited=waited).filter(Q(waited__gte=hours) | Q(waited__gte=left))
    return list(found.values_list("pk", flat=True))


def _build_span(hours: int) -> Value:
    return Value(timedelta(hours=hours), DurationField())


def _escalate_refund(pk: int) -> int:
    with transaction.atomic():
        refund = refund_rows.lock_refund(pk)
        if refund.state != State.PENDING or refund.escalated_at is not None:
            return 0
        refund.escalated_at = timezone.now()
        refund.save(update_fields=["escalated_at"])
        told = [person.get_username() for person in notifications.notify_escalated(refund)]
        refund_rows.append_refund_receipt(refund, None, "escalate", "escalated", {"told": told})
    return 1
