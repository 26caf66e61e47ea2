"""Who may decide on a refund: not a person who had a hand in it, and nobody above their limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals.errors import Incomplete
from approvals.models import ApprovalLimit, Refund, RuleTier
from tickets.access import SUPERVISORS
from tickets.models import Correction, Draft, Message, Run

# What the database says where it refuses, by the name of the constraint.
REFUSALS = {
    "approver_is_not_requester": "You asked for this refund, so somebody else has to decide.",
    "approver_is_not_drafter": "You wrote the reply on this ticket, so somebody else has to decide.",
    "approver_is_not_author": "You wrote to the customer here, so somebody else has to decide.",
    "approver_is_not_corrector": "You corrected a step on this ticket, so somebody else has to decide.",
    "approver_is_not_asker": "You asked for the steps again, so somebody else has to decide.",
    "approver_asked_before": "You asked for money back on this ticket, so somebody else has to decide.",
    "one_decision_a_person": "You have decided on this request already.",
    "approval_is_within_the_limit": "Your limit changed meanwhile. Please look again.",
    "approved_by_enough_people": "It needs one more person meanwhile. Please look again.",
    "only_a_refusal_has_a_code": "Please choose why it is refused.",
    "captured_is_the_ceiling": "Together with earlier refunds this is more than was paid.",
    "refund_names_its_reviewers": "A rule leaves this amount to a certain group. Please ask again.",
    "rule_approves_what_is_clear": "Something is unclear, so a person has to decide.",
    "look_is_theirs": "This is not the page that was shown to you last. Please look again.",
    "one_first_opinion_a_person": "You have said already what you would do.",
    "ordered_as_approved": "This is not to be paid. Please look again.",
    "one_refund_a_reference": "This reference was recorded for another refund of the order.",
}


def own_hand(refund: Refund, person: User) -> str:
    """How the person had a hand in the refund or its ticket, as a sentence; empty where not."""
    if refund.requested_by_id == person.pk:
        return REFUSALS["approver_is_not_requester"]
    hands = _hands(person, refund.ticket_id).items()
    return next((REFUSALS[name] for name, rows in hands if rows.exists()), "")


def is_reviewer(refund: Refund, person: User) -> bool:
    """Whether the person is of the group that alone may decide, where there is one."""
    if refund.reviewers is None:
        return True
    return person.groups.filter(pk=refund.reviewers.pk).exists()


def not_a_reviewer(refund: Refund) -> str:
    """What to tell who is none of them."""
    return f"The rule leaves this amount to “{refund.reviewers}”. Somebody of that group decides."


def may_decide(refund: Refund) -> QuerySet[User]:
    """Everybody who may approve the refund now."""
    enough = ApprovalLimit.objects.filter(currency=refund.currency, up_to__gte=refund.amount)
    people = User.objects.filter(is_active=True, groups__name=SUPERVISORS)
    people = people.filter(Exists(enough.filter(group__user=OuterRef("pk"))))
    if refund.reviewers is not None:
        people = people.filter(pk__in=refund.reviewers.user_set.values("pk"))
    return people.exclude(pk__in=_everybody_with_a_hand(refund)).order_by("username").distinct()


def _everybody_with_a_hand(refund: Refund) -> set[int]:
    """Ids of all who asked, wrote, edited, corrected or decided something here."""
    ticket = refund.ticket_id
    drafts = Draft.objects.filter(ticket=ticket)
    found: set[int | None] = {refund.requested_by_id}
    found.update(hand for hands in drafts.values_list("hands", flat=True) for hand in hands)
    found.update(drafts.values_list("message__author", flat=True))
    outgoing = Message.objects.filter(ticket=ticket, direction=Message.Direction.OUT)
    found.update(outgoing.values_list("author", flat=True))
    found.update(Correction.objects.filter(ticket=ticket).values_list("by", flat=True))
    found.update(Run.objects.filter(ticket=ticket).values_list("requested_by", flat=True))
    found.update(Refund.objects.filter(ticket=ticket).values_list("requested_by", flat=True))
    found.update(refund.decisions.values_list("by", flat=True))
    return {pk for pk in found if pk is not None}


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


def people_for(refund: Refund) -> int:
    """How many have to approve: by today's limits and tiers while it waits, else as decided."""
    if refund.state != Refund.State.PENDING:
        return refund.approvers_needed
    return max(
        approvers_for(refund.amount, refund.currency),
        tiers_of(refund).aggregate(most=Max("people"))["most"] or 1,
    )


def tiers_of(refund: Refund) -> QuerySet[RuleTier]:
    """The tiers that hold for it, of every rule it rests on; one in another currency always does."""
    names = {refund.rule, *refund.terms}
    holds = Q(above__lt=refund.amount) | ~Q(rule__currency=refund.currency)
    return RuleTier.objects.filter(holds, rule__name__in=names)


def reviewers_for(refund: Refund) -> Group | None:
    """The group that the highest tier leaves it to, if any. Raises Incomplete where two rules
    leave it to two."""
    highest = (
        tiers_of(refund).order_by("rule_id", "-above").distinct("rule_id").select_related("group")
    )
    groups = {tier.group for tier in highest if tier.group}
    if len(groups) > 1:
        names = " and ".join(sorted(f"“{group}”" for group in groups))
        raise Incomplete(f"The rules leave this amount to {names}: please ask for each by itself.")
    return groups.pop() if groups else None


def waiting_for(person: User) -> Any:
    """Pending refunds this person may decide on, oldest first."""
    waiting = Refund.objects.filter(state=Refund.State.PENDING, expires_at__gt=timezone.now())
    waiting = waiting.exclude(Q(requested_by=person) | Q(decisions__by=person))
    for rows in _hands(person, OuterRef("ticket_id")).values():
        waiting = waiting.filter(~Exists(rows))
    waiting = waiting.filter(Q(reviewers=None) | Q(reviewers__in=person.groups.all()))
    return waiting.filter(_within(person)).select_related("order", "ticket__customer")


def queue_of(person: User) -> Any:
    """What waits for this person: all they may decide on, but for what was handed to another.

    What waits too long is everybody's again.
    """
    free = Q(assigned_to=None) | Q(assigned_to=person) | Q(escalated_at__isnull=False)
    return waiting_for(person).filter(free)


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
        "approver_asked_before": Refund.objects.filter(ticket=ticket, requested_by=person),
    }


def _within(person: User) -> Q:
    found = Q(pk__in=[])
    for currency, most in limits_of(person).items():
        found |= Q(currency=currency, amount__lte=most)
    return found
