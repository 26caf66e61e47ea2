"""Who may decide on a refund: not a person who had a hand in it, and nobody above their limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals.models import ApprovalLimit, Refund
from tickets.models import Correction, Draft, Message, Run

# What the database says where it refuses, by the name of the constraint.
REFUSALS = {
    "approver_is_not_requester": "You asked for this refund, so somebody else has to decide.",
    "approver_is_not_drafter": "You wrote the reply on this ticket, so somebody else has to decide.",
    "approver_is_not_author": "You wrote to the customer here, so somebody else has to decide.",
    "approver_is_not_corrector": "You corrected a step on this ticket, so somebody else has to decide.",
    "approver_is_not_asker": "You asked for the steps again, so somebody else has to decide.",
    "one_decision_a_person": "You have decided on this request already.",
    "approval_is_within_the_limit": "Your limit changed meanwhile. Please look again.",
    "approved_by_enough_people": "It needs one more person meanwhile. Please look again.",
    "captured_is_the_ceiling": "Together with earlier refunds this is more than was paid.",
    "one_refund_a_reference": "This reference was recorded for another refund of the order.",
}


def own_hand(refund: Refund, person: User) -> str:
    """How the person had a hand in the refund or its ticket, as a sentence; empty where not."""
    if refund.requested_by_id == person.pk:
        return REFUSALS["approver_is_not_requester"]
    hands = _hands(person, refund.ticket_id).items()
    return next((REFUSALS[name] for name, rows in hands if rows.exists()), "")


def limits_of(person: User) -> dict[str, Decimal]:
    """The most this person may approve now, by currency."""
    limits = ApprovalLimit.objects.filter(group__user=person).order_by("currency")
    return dict(
        limits.values("currency").annotate(most=Max("up_to")).values_list("currency", "most")
    )


def limit_of(person: User, currency: str) -> Decimal:
    """The most this person may approve in a currency; zero without a group that has a limit."""
    return limits_of(person).get(currency, Decimal(0))


def no_limit(currency: str) -> str:
    """What to tell who has none."""
    return f"Your account has no approval limit in {currency}. Ask an admin."


def approvers_for(amount: Decimal, currency: str) -> int:
    """Two above the smallest ``two_above`` of any group: the strictest of them counts."""
    below = ApprovalLimit.objects.filter(currency=currency, two_above__lt=amount)
    return 2 if below.exists() else 1


def waiting_for(person: User) -> Any:
    """Pending refunds this person may decide on, oldest first."""
    waiting = Refund.objects.filter(state=Refund.State.PENDING, expires_at__gt=timezone.now())
    waiting = waiting.exclude(Q(requested_by=person) | Q(decisions__by=person))
    for rows in _hands(person, OuterRef("ticket_id")).values():
        waiting = waiting.filter(~Exists(rows))
    return waiting.filter(_within(person)).select_related("order", "ticket__customer")


def _hands(person: User, ticket: Any) -> dict[str, QuerySet[Any]]:
    """Rows that show a hand in the ticket, by the constraint that forbids deciding then."""
    drafted = Q(hands__contains=[person.pk]) | Q(message__author=person)
    out = Message.Direction.OUT
    return {
        "approver_is_not_drafter": Draft.objects.filter(drafted, ticket=ticket),
        "approver_is_not_author": Message.objects.filter(
            ticket=ticket, author=person, direction=out
        ),
        "approver_is_not_corrector": Correction.objects.filter(ticket=ticket, by=person),
        "approver_is_not_asker": Run.objects.filter(ticket=ticket, requested_by=person),
    }


def _within(person: User) -> Q:
    found = Q(pk__in=[])
    for currency, most in limits_of(person).items():
        found |= Q(currency=currency, amount__lte=most)
    return found
