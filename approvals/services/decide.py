"""One person's decision on one refund."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from approvals import (
    account_hands,
    notifications,
    preconditions,
    refund_rows,
    reply_refresh,
    separation_of_duties,
)
from approvals.errors import Incomplete, OwnWork, Stale
from approvals.models import Decision, Look, Refund
from approvals.payments import outbox
from approvals.refund_rows import State, Verdict
from approvals.review import first_opinion, seeded_checks
from approvals.snapshot.build import Snapshot, build_snapshot


def decide_refund(
    refund_id: int,
    *,
    by: User,
    verdict: str,
    reason: str,
    seen: str,
    look: int | None = None,
    reason_code: str = "",
    sure: Sequence[str] = (),
) -> Refund:
    """One person's decision, bound to the fingerprint ``seen`` on their page.

    ``look`` is the id of that page view, where it was kept. ``reason_code`` is a
    Decision.ReasonCode, for a refusal; ``sure`` are the conditions they are sure of, all of
    them for an approval. Raises a Refused that says why; then nothing was changed.
    """
    reason = reason.strip()
    if not reason:
        raise Incomplete("Please say why: the reason stays with the decision.")
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        preconditions.check_still_open(refund)
        limit = preconditions.check_decider(refund, by, verdict)
        page = _get_page_view(refund, by, seen, look)
        snapshot = build_snapshot(refund)
        preconditions.check_not_stale(snapshot, seen, page)
        preconditions.check_joins_approvals(refund, verdict, snapshot)
        preconditions.check_conditions_confirmed(refund, verdict, sure)
        first_opinion.require_first_opinion(refund, by)
        code = (reason_code or Decision.ReasonCode.OTHER) if verdict == Verdict.REJECT else ""
        said = {"verdict": verdict, "reason": reason, "reason_code": code}
        _write_decision(refund, by, page, snapshot, limit=limit, **said)
        if refund.seeded:
            return seeded_checks.reveal_check(refund, by, verdict)
        refund.approvers_needed = separation_of_duties.count_approvers_needed(refund)
        refund.state = _compute_next_state(refund, verdict)
        refund_rows.save_state(refund)
        if refund.state == State.APPROVED:
            outbox.order_payment(refund)
        output = {**said, "limit": str(limit), "look": look, "sure_of": list(sure)}
        output |= _build_account_notes(by)
        refund_rows.append_refund_receipt(refund, by, "approve", verdict, output, snapshot=snapshot)
        notifications.notify_decided(refund)
        reply_refresh.refresh_reply(refund, reason if verdict != Verdict.APPROVE else "")
    return refund


def _get_page_view(refund: Refund, by: User, seen: str, look: int | None) -> Look | None:
    """The page view they decide on: their own, whole, and of the refund as ``seen``.

    None where ``look`` is None. Raises Stale.
    """
    if look is None:
        return None
    pages = Look.objects.filter(refund=refund, by=by, fingerprint=seen, blind=False)
    page = pages.filter(pk=look).first()
    if page is None:
        raise Stale("This is not the page that was shown to you last. Please look again.")
    return page


def _write_decision(
    refund: Refund, by: User, page: Look | None, snapshot: Snapshot, *, limit: Decimal, **said: str
) -> None:
    try:
        with transaction.atomic():
            Decision.objects.create(
                refund=refund,
                **said,
                by=by,
                look=page,
                fingerprint=snapshot.digest,
                amount=refund.amount,
                limit_then=limit,
                requested_by=refund.requested_by,
            )
    except IntegrityError as error:
        raise refund_rows.translate_integrity_error(error, OwnWork) from error


def _build_account_notes(by: User) -> dict[str, Any]:
    """What the receipt says of the decider's account, where others changed it."""
    notes = account_hands.list_account_notes(by)
    return {"account": notes} if notes else {}


def _compute_next_state(refund: Refund, verdict: str) -> str:
    if verdict == Verdict.REJECT:
        return State.REJECTED
    if verdict == Verdict.RETURN:
        return State.RETURNED
    agreed = refund.decisions.filter(verdict=Verdict.APPROVE).count()
    return State.APPROVED if agreed >= refund.approvers_needed else State.PENDING
