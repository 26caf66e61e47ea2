"""Preconditions of a proposal or a decision. Each raises a Refused that says why."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.contrib.auth.models import User
from django.utils import timezone

from approvals import account_hands, separation_of_duties
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork, Stale
from approvals.models import Decision, Look, Refund
from approvals.snapshot.build import Snapshot
from tickets.models import Order, Ticket
from tickets.models.amounts import find_amount_problem


def check_amount_left(order: Order, amount: Decimal) -> None:
    """Raises Incomplete unless the amount is positive, one of its currency, and so much of what
    was paid is left.
    """
    if amount <= 0:
        raise Incomplete("The amount must be more than nothing.")
    if problem := find_amount_problem(amount, order.currency):
        raise Incomplete(f"{amount} cannot be paid: {problem}.")
    left = order.compute_paid_total() - order.compute_refunded_total()
    if amount > left:
        raise Incomplete(
            f"Only {left} {order.currency} of what was paid for order {order} is left to refund."
        )


def check_none_under_way(ticket: Ticket, order: Order) -> None:
    """Raises Incomplete where money for the order may be on its way already."""
    moving = [Refund.State.EXECUTING, Refund.State.DOUBT]
    refund = Refund.objects.filter(ticket=ticket, order=order, state__in=moving).first()
    if refund:
        raise Incomplete(
            f"{refund.amount} {refund.currency} for order {order} is being paid, or may have been."
            " Please wait until that is settled."
        )


def check_still_open(refund: Refund) -> None:
    """Raises NotPending where the request was decided or ran out."""
    if refund.state != Refund.State.PENDING:
        raise NotPending(f"This request is closed: {refund.get_state_display().lower()}.")
    if refund.expires_at < timezone.now():
        raise NotPending("This request ran out before a decision. Ask for it again on the ticket.")


def check_not_stale(snapshot: Snapshot, seen: str, page: Look | None = None) -> None:
    """Raises Stale where the fingerprint of the snapshot is not the one ``seen``.

    The error says what changed, where the page was kept.
    """
    if seen != snapshot.digest:
        raise Stale(
            "Something changed since you opened this page. Please look again.",
            changes=snapshot.list_changes_since(page.shown) if page else (),
        )


def find_divided_approval(refund: Refund, snapshot: Snapshot) -> Stale | None:
    """What to tell where somebody approved what has changed since: nobody can join them."""
    approvals = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    others = approvals.exclude(fingerprint=snapshot.digest)
    before = others.select_related("by", "look").last()
    if before is None:
        return None
    return Stale(
        f"{before.by} approved this request before something changed, so that approval no longer"
        " counts and it cannot be approved any more. Please reject it or ask for more"
        " information; then it can be asked for again on the ticket.",
        changes=snapshot.list_changes_since(before.look.shown) if before.look else (),
    )


def check_joins_approvals(refund: Refund, verdict: str, snapshot: Snapshot) -> None:
    """Raises Stale for an approval that others before it were not about."""
    if verdict == Decision.Verdict.APPROVE and (why := find_divided_approval(refund, snapshot)):
        raise why


def check_conditions_confirmed(refund: Refund, verdict: str, sure: Sequence[str]) -> None:
    """Raises Incomplete for an approval with a condition the person is not sure of."""
    if verdict == Decision.Verdict.APPROVE and set(refund.conditions) - set(sure):
        raise Incomplete(
            "Please tick each thing you have to be sure of. If you are not, ask for more."
        )


def check_decider(refund: Refund, by: User, verdict: str) -> Decimal:
    """The limit of the person, if they may decide. Raises OwnWork or OverLimit."""
    limit = separation_of_duties.get_limit(by, refund.currency)
    if own := separation_of_duties.explain_involvement(refund, by):
        raise OwnWork(own)
    if changed := account_hands.explain_open_changes(by):
        raise OwnWork(changed)
    if not separation_of_duties.is_reviewer(refund, by):
        raise OverLimit(separation_of_duties.explain_reviewer_group(refund))
    if limit == 0:
        raise OverLimit(separation_of_duties.explain_missing_limit(refund.currency))
    if verdict == Decision.Verdict.APPROVE and refund.amount > limit:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit of {limit}. "
            "Somebody with a higher limit has to decide."
        )
    return limit
