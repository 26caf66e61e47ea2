"""What stands in the way of a proposal or a decision, each as a sentence for the person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.contrib.auth.models import User
from django.utils import timezone

from approvals import separation_of_duties
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork, Stale
from approvals.models import Decision, Look, Refund
from approvals.snapshot.build import changed, fingerprint
from tickets.models import Order, Ticket


def impossible(order: Order, amount: Decimal) -> None:
    if amount <= 0:
        raise Incomplete("The amount must be more than nothing.")
    left = order.paid() - order.refunded()
    if amount > left:
        raise Incomplete(
            f"Only {left} {order.currency} of what was paid for order {order} is left to refund."
        )


def under_way(ticket: Ticket, order: Order) -> None:
    """Nobody is asked twice for money that may be on its way already."""
    moving = [Refund.State.EXECUTING, Refund.State.DOUBT]
    refund = Refund.objects.filter(ticket=ticket, order=order, state__in=moving).first()
    if refund:
        raise Incomplete(
            f"{refund.amount} {refund.currency} for order {order} is being paid, or may have been."
            " Please wait until that is settled."
        )


def closed(refund: Refund) -> None:
    if refund.state != Refund.State.PENDING:
        raise NotPending(f"This request is closed: {refund.get_state_display().lower()}.")
    if refund.expires_at < timezone.now():
        raise NotPending("This request ran out before a decision. Ask for it again on the ticket.")


def stale(refund: Refund, seen: str, page: Look | None = None) -> None:
    """Raises Stale; where the page was kept, with what changed since."""
    if seen != fingerprint(refund):
        raise Stale(
            "Something changed since you opened this page. Please look again.",
            changes=changed(page.shown, refund) if page else (),
        )


def divided(refund: Refund) -> Stale | None:
    """What to tell where somebody approved what has changed since: nobody can join them."""
    approvals = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    if not approvals.exists():
        return None
    before = approvals.exclude(fingerprint=fingerprint(refund)).select_related("by", "look").last()
    if before is None:
        return None
    return Stale(
        f"{before.by} approved this request before something changed, so that approval no longer"
        " counts and it cannot be approved any more. Please reject it or ask for more"
        " information; then it can be asked for again on the ticket.",
        changes=changed(before.look.shown, refund) if before.look else (),
    )


def joins(refund: Refund, verdict: str) -> None:
    """Raises Stale for an approval that others before it were not about."""
    if verdict == Decision.Verdict.APPROVE and (why := divided(refund)):
        raise why


def unsure(refund: Refund, verdict: str, sure: Sequence[str]) -> None:
    """Whoever approves says of each condition that they are sure."""
    if verdict == Decision.Verdict.APPROVE and set(refund.conditions) - set(sure):
        raise Incomplete(
            "Please tick each thing you have to be sure of. If you are not, ask for more."
        )


def person(refund: Refund, by: User, verdict: str) -> Decimal:
    """The limit of the person, who may decide."""
    limit = separation_of_duties.limit_of(by, refund.currency)
    if own := separation_of_duties.own_hand(refund, by):
        raise OwnWork(own)
    if not separation_of_duties.is_reviewer(refund, by):
        raise OverLimit(separation_of_duties.not_a_reviewer(refund))
    if limit == 0:
        raise OverLimit(separation_of_duties.no_limit(refund.currency))
    if verdict == Decision.Verdict.APPROVE and refund.amount > limit:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit of {limit}. "
            "Somebody with a higher limit has to decide."
        )
    return limit
