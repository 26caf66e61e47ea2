"""What stands in the way of a proposal or a decision, each as a sentence for the person."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.models import User
from django.utils import timezone

from approvals import who
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork, Stale
from approvals.models import Decision, Refund
from approvals.seen import fingerprint
from tickets.models import Order


def impossible(order: Order, amount: Decimal) -> None:
    if amount <= 0:
        raise Incomplete("The amount must be more than nothing.")
    left = order.paid() - order.refunded()
    if amount > left:
        raise Incomplete(
            f"Only {left} {order.currency} of what was paid for order {order} is left to refund."
        )


def closed(refund: Refund) -> None:
    if refund.state != Refund.State.PENDING:
        raise NotPending(f"This request is closed: {refund.get_state_display().lower()}.")
    if refund.expires_at < timezone.now():
        raise NotPending("This request ran out before a decision. Ask for it again on the ticket.")


def stale(refund: Refund, seen: str) -> None:
    if seen != fingerprint(refund):
        raise Stale("Something changed since you opened this page. Please look again.")


def person(refund: Refund, by: User, verdict: str) -> Decimal:
    """The limit of the person, who may decide."""
    limit = who.limit_of(by, refund.currency)
    if own := who.own_hand(refund, by):
        raise OwnWork(own)
    if limit == 0:
        raise OverLimit(who.no_limit(refund.currency))
    if verdict == Decision.Verdict.APPROVE and refund.amount > limit:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit of {limit}. "
            "Somebody with a higher limit has to decide."
        )
    return limit
