"""Proposing a refund, and what ends a request that nobody decided: withdrawal and expiry."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals import notifications, preconditions, refund_rows, reply_refresh, separation_of_duties
from approvals.errors import Incomplete
from approvals.models import Refund
from approvals.refund_rows import State, Verdict
from approvals.snapshot.build import build_snapshot, is_as_approved
from tickets.models import Order, Run, Ticket

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A refund as computed from stored rows; ``arithmetic`` is (what, amount) line by line.

    ``lines``, ``terms``, ``conditions`` and ``risk`` are stored as they are (see ``Refund``).
    """

    order: Order
    amount: Decimal
    remedy: str = "refund"
    arithmetic: Sequence[tuple[str, str]] = ()
    reasons: Sequence[str] = ()
    rule: str = ""
    citations: Sequence[dict[str, Any]] = ()
    note: str = ""
    lines: Sequence[Mapping[str, Any]] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
    conditions: Sequence[str] = ()
    risk: int = Refund.Risk.ORDINARY


def propose_refund(
    ticket: Ticket, proposal: Proposal, *, run: Run | None, by: User | None
) -> Refund:
    """Put a refund before people. ``by`` is None where the machine proposes.

    An older request for the same ticket and order becomes void; but what a person asked
    for or approved already, the machine does not replace, and what is approved and not paid
    yet, nobody does. Raises Incomplete.
    """
    with transaction.atomic():
        Ticket.get_locked(ticket.pk)
        order = Order.objects.select_for_update().get(pk=proposal.order.pk)
        _close_older_requests(ticket, order, by)
        preconditions.check_amount_left(proposal.order, proposal.amount)
        refund = Refund(
            ticket=ticket,
            run=run,
            order=order,
            remedy=proposal.remedy,
            amount=proposal.amount,
            currency=order.currency,
            arithmetic=[list(line) for line in proposal.arithmetic],
            reasons=list(proposal.reasons),
            rule=proposal.rule,
            citations=list(proposal.citations),
            note=proposal.note,
            lines=[dict(line) for line in proposal.lines],
            terms=dict(proposal.terms),
            conditions=list(proposal.conditions),
            risk=proposal.risk,
            requested_by=by,
            expires_at=timezone.now() + timedelta(days=settings.APPROVAL_DAYS),
        )
        refund.reviewers = separation_of_duties.find_reviewers(refund)
        refund.approvers_needed = separation_of_duties.count_approvers_needed(refund)
        separation_of_duties.keep_earlier_strictness(refund)
        snapshot = build_snapshot(refund)
        refund.fingerprint = snapshot.digest
        refund.save()
        refund_rows.append_refund_receipt(
            refund, by, "request", "ok", {"note": proposal.note}, snapshot=snapshot
        )
        notifications.notify_arrived(refund)
    return refund


def withdraw_proposals(ticket: Ticket, *, why: str = "The steps were taken again.") -> None:
    """Make void what the machine proposed on the ticket and nobody has approved yet."""
    with transaction.atomic():
        Ticket.get_locked(ticket.pk)
        for refund in refund_rows.lock_unsettled_refunds(ticket).filter(state=State.PENDING):
            if not _is_backed_by_person(refund):
                refund_rows.close_refund(refund, State.VOID, by=None, step="request", why=why)


def expire_overdue() -> int:
    """Close requests nobody decided in time; return how many."""
    overdue = Refund.objects.filter(state=State.PENDING, expires_at__lt=timezone.now())
    closed = 0
    for pk in list(overdue.values_list("pk", flat=True)):
        try:
            closed += _expire_refund(pk)
        except Exception:  # the others have waited long enough too
            log.exception("refund %s ran out and could not be closed", pk)
    return closed


def _expire_refund(pk: int) -> int:
    with transaction.atomic():
        refund = refund_rows.lock_refund(pk)
        if refund.state != State.PENDING or refund.expires_at >= timezone.now():
            return 0
        refund_rows.close_refund(
            refund, State.EXPIRED, by=None, step="approve", why=refund_rows.REQUEST_EXPIRED
        )
        reply_refresh.refresh_reply(refund)
    return 1


def _close_older_requests(ticket: Ticket, order: Order, by: User | None) -> None:
    """Close older requests for the order, and approvals that can no longer be paid.

    Raises Incomplete where one of them stands in the way.
    """
    preconditions.check_none_under_way(ticket, order)
    for refund in refund_rows.lock_unsettled_refunds(ticket).filter(order=order):
        if refund.state == State.APPROVED:
            _void_stale_approval(refund, by)
        elif refund.expires_at < timezone.now():
            refund_rows.close_refund(
                refund, State.EXPIRED, by=None, step="approve", why=refund_rows.REQUEST_EXPIRED
            )
        elif by is None and _is_backed_by_person(refund):
            raise Incomplete(
                f"A request for {refund.amount} {refund.currency} on order {order} already waits"
                " for a decision, so no other amount was proposed."
            )
        else:
            why = "A new request took its place."
            refund_rows.close_refund(refund, State.VOID, by=by, step="request", why=why)


def _void_stale_approval(refund: Refund, by: User | None) -> None:
    """Make void an approved refund that cannot be paid any more, where a person asks anew.

    Raises Incomplete where a person asks and it can still be paid.
    """
    if by is None:
        return
    snapshot = build_snapshot(refund)
    if is_as_approved(refund, snapshot):
        raise Incomplete(
            f"{refund.amount} {refund.currency} on order {refund.order} is approved already and"
            " not paid yet, so nothing else was asked for. A supervisor can take it back first."
        )
    why = refund_rows.APPROVAL_OUTDATED
    refund_rows.close_refund(refund, State.VOID, by=by, step="request", why=why, snapshot=snapshot)


def _is_backed_by_person(refund: Refund) -> bool:
    asked = refund.requested_by_id is not None
    return asked or refund.decisions.filter(verdict=Verdict.APPROVE).exists()
