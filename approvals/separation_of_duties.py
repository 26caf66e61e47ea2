"""Separation of duties: who may decide on a refund, and how many people it takes.

Nobody decides who had a hand in the refund or its ticket, or above their limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import (
    Case,
    Exists,
    Func,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from approvals import account_hands
from approvals.errors import Incomplete
from approvals.models import ApprovalLimit, Decision, Refund, RuleTier
from tickets.access import SUPERVISORS
from tickets.models import Correction, Draft, Message, Run
from tickets.prepared import Given, GivenList, PreparedQuery

# What the database says where it refuses, by the name of the constraint.
REFUSALS = {
    "approver_is_not_requester": "You asked for this refund, so somebody else has to decide.",
    "approver_is_not_drafter": (
        "You wrote the reply on this ticket, so somebody else has to decide."
    ),
    "approver_is_not_author": "You wrote to the customer here, so somebody else has to decide.",
    "approver_is_not_corrector": (
        "You corrected a step on this ticket, so somebody else has to decide."
    ),
    "approver_is_not_asker": "You asked for the steps again, so somebody else has to decide.",
    "approver_asked_before": (
        "You asked for money back on this ticket, so somebody else has to decide."
    ),
    "approver_holds_the_account": (
        "Another person changed your account, so a colleague has to confirm it first."
    ),
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
HAND = PreparedQuery(
    lambda: (
        Refund.objects.filter(pk=Given("refund"))
        .annotate(hand=build_involvement_case(Given("person")))
        .values_list("hand")
    )
)
APPROVERS = PreparedQuery(lambda: _query_approvers())
DRAFT_HANDS = PreparedQuery(
    lambda: Draft.objects.filter(ticket=Given("ticket")).values_list("hands", "message__author")
)
HANDS = PreparedQuery(lambda: _query_hands())
GROUPS = PreparedQuery(
    lambda: Group.objects.filter(user=Given("person")).values_list(
        "pk", "name", "approval_limits__currency", "approval_limits__up_to"
    )
)
TIERS = PreparedQuery(
    lambda: (
        RuleTier.objects.filter(rule__name__in=GivenList("rules", "text"))
        .select_related("rule", "group")
        .only("above", "people", "rule__name", "rule__currency", "group__name")
        .order_by("above")
    )
)
TWO_ABOVE = PreparedQuery(
    lambda: (
        ApprovalLimit.objects.order_by("currency")
        .values("currency")
        .annotate(least=Min("two_above"))
        .values_list("currency", "least")
    )
)


def explain_involvement(refund: Refund, person: User) -> str:
    """How the person had a hand in the refund or its ticket, in words; empty where not."""
    ((hand,),) = HAND.fetch(refund=refund.pk, person=person.pk)
    return REFUSALS.get(hand, "")


def build_involvement_case(person: Any) -> Case:
    """An expression for each refund of a query: the key of REFUSALS that says how the person
    had a hand in it; empty where they had none. ``person`` is their id, or a gap for it.
    """
    hands = {
        "approver_is_not_requester": Q(requested_by=person),
        **{
            name: Exists(rows)
            for name, rows in _query_involvement(person, OuterRef("ticket_id")).items()
        },
    }
    return Case(*(When(so, then=Value(name)) for name, so in hands.items()), default=Value(""))


def is_reviewer(refund: Refund, person: User) -> bool:
    """Whether the person is of the group that alone may decide, where there is one."""
    if refund.reviewers is None:
        return True
    return person.groups.filter(pk=refund.reviewers.pk).exists()


def explain_reviewer_group(refund: Refund) -> str:
    """The sentence for a person who is not of the group that alone may decide."""
    return f"The rule leaves this amount to “{refund.reviewers}”. Somebody of that group decides."


def list_eligible_approvers(refund: Refund) -> list[User]:
    """Everybody who may approve the refund now, by name."""
    involved = list(_collect_involved_ids(refund))
    people = APPROVERS.fetch(currency=refund.currency, amount=refund.amount, involved=involved)
    if refund.reviewers is None:
        return people
    members = set(refund.reviewers.user_set.values_list("pk", flat=True))
    return [person for person in people if person.pk in members]


def _query_approvers() -> QuerySet[User]:
    enough = ApprovalLimit.objects.filter(
        group__user=OuterRef("pk"), currency=Given("currency"), up_to__gte=Given("amount")
    )
    people = User.objects.filter(Exists(enough), is_active=True, groups__name=SUPERVISORS)
    people = people.exclude(Exists(account_hands.query_open_changes(OuterRef("pk"))))
    return people.exclude(pk__in=GivenList("involved")).order_by("username").distinct()


def _collect_involved_ids(refund: Refund) -> set[int]:
    """Ids of all who asked, wrote, edited, corrected or decided something on the ticket."""
    found: set[int | None] = {refund.requested_by_id}
    for hands, author in DRAFT_HANDS.fetch(ticket=refund.ticket_id):
        found.update([*hands, author])
    found.update(pk for (pk,) in HANDS.fetch(ticket=refund.ticket_id, refund=refund.pk))
    return {pk for pk in found if pk is not None}


def _query_hands() -> QuerySet[Any]:
    ticket = Given("ticket")
    outgoing = Message.objects.filter(ticket=ticket, direction=Message.Direction.OUT).order_by()
    others = [
        Correction.objects.filter(ticket=ticket).values_list("by"),
        Run.objects.filter(ticket=ticket).values_list("requested_by"),
        Refund.objects.filter(ticket=ticket).order_by().values_list("requested_by"),
        Decision.objects.filter(refund=Given("refund")).order_by().values_list("by"),
    ]
    return outgoing.values_list("author").union(*others)


@dataclass(frozen=True)
class Rights:
    """What a person may decide on, whatever the refund: read once for a page.

    ``account`` says why their account may decide on nothing now; empty where it may.
    """

    supervisor: bool
    account: str
    groups: frozenset[int]
    limits: Mapping[str, Decimal]


def load_rights(person: User) -> Rights:
    """The person's groups, limits and account, in two queries."""
    rows = GROUPS.fetch(person=person.pk)
    return Rights(
        supervisor=any(name == SUPERVISORS for _, name, *_ in rows),
        account=account_hands.explain_open_changes(person),
        groups=frozenset(pk for pk, *_ in rows),
        limits=_pick_limits(rows),
    )


def load_limits(person: User) -> dict[str, Decimal]:
    """The most this person may approve now, by currency."""
    return _pick_limits(GROUPS.fetch(person=person.pk))


def _pick_limits(groups: Iterable[tuple[Any, ...]]) -> dict[str, Decimal]:
    """The highest limit of rows of ``GROUPS`` in each currency, by its name."""
    limits = sorted((currency, up_to) for *_, currency, up_to in groups if currency)
    return dict(limits)


def get_limit(person: User, currency: str) -> Decimal:
    """The most this person may approve in a currency; zero without a group that has a limit."""
    return load_limits(person).get(currency, Decimal(0))


def explain_missing_limit(currency: str) -> str:
    """The sentence for a person without an approval limit in the currency."""
    return f"Your account has no approval limit in {currency}. Ask an admin."


def count_approvers_by_limits(amount: Decimal, currency: str) -> int:
    """How many have to approve an amount by the limits alone: 2 above the smallest
    ``two_above`` of any group, else 1.
    """
    return _count_by_limits(amount, currency, _load_two_person_thresholds())


def count_approvers_needed(refund: Refund) -> int:
    """How many have to approve the refund.

    While it waits this follows today's limits and tiers, and is never fewer than it needed
    before; afterwards it is the number that was stored.
    """
    return map_approvers_needed([refund])[refund.pk]


def map_approvers_needed(refunds: Collection[Refund]) -> dict[int, int]:
    """``count_approvers_needed`` of each refund, by its id, in as many queries as for one."""
    tiers, two_above = _load_tiers(refunds), _load_two_person_thresholds()
    return {
        refund.pk: _count_approvers_today(refund, tiers, two_above)
        if refund.state == Refund.State.PENDING
        else refund.approvers_needed
        for refund in refunds
    }


def keep_earlier_strictness(refund: Refund) -> None:
    """Let a request made by hand take no fewer people, and the same group, as the one before
    it on the order: asking by hand is no way around a rule's tier.

    Changes ``refund`` without saving it. An earlier request that was paid or refused does
    not count.
    """
    asked = Refund.objects.filter(ticket=refund.ticket_id, order=refund.order_id)
    before = asked.select_related("reviewers").order_by("pk").last()
    ended = [Refund.State.EXECUTED, Refund.State.REJECTED]
    if refund.requested_by_id is None or before is None or before.state in ended:
        return
    needed = _count_approvers_today(before, _load_tiers([before]), _load_two_person_thresholds())
    refund.approvers_needed = max(refund.approvers_needed, needed)
    refund.reviewers = refund.reviewers or before.reviewers


def _count_approvers_today(
    refund: Refund, tiers: Iterable[RuleTier], two_above: Mapping[str, Decimal]
) -> int:
    by_limits = _count_by_limits(refund.amount, refund.currency, two_above)
    by_tiers = [tier.people for tier in tiers if _is_tier_in_force(tier, refund)]
    return max(refund.approvers_needed, by_limits, *by_tiers)


def _load_two_person_thresholds() -> dict[str, Decimal]:
    """The smallest ``two_above`` of any group, by currency."""
    return dict(TWO_ABOVE.fetch())


def _count_by_limits(amount: Decimal, currency: str, two_above: Mapping[str, Decimal]) -> int:
    return 2 if amount > two_above.get(currency, amount) else 1


def _load_tiers(refunds: Iterable[Refund]) -> list[RuleTier]:
    """The tiers of every rule that one of the refunds rests on, the highest last."""
    names = {name for refund in refunds for name in (refund.rule, *refund.terms)}
    return TIERS.fetch(rules=sorted(names))


def _is_tier_in_force(tier: RuleTier, refund: Refund) -> bool:
    """Whether the tier is of a rule the refund rests on and covers its amount.

    A tier in another currency cannot be compared, so it always counts.
    """
    its_own = tier.rule.name in (refund.rule, *refund.terms)
    return its_own and (tier.above < refund.amount or tier.rule.currency != refund.currency)


def find_reviewers(refund: Refund) -> Group | None:
    """The group that the highest tier leaves the refund to, None where it names none.

    Raises Incomplete where two rules leave it to two groups.
    """
    highest = {
        tier.rule_id: tier.group
        for tier in _load_tiers([refund])
        if _is_tier_in_force(tier, refund)
    }
    groups = {group for group in highest.values() if group}
    if len(groups) > 1:
        names = " and ".join(sorted(f"“{group}”" for group in groups))
        raise Incomplete(f"The rules leave this amount to {names}: please ask for each by itself.")
    return groups.pop() if groups else None


def list_decidable_refunds(person: User) -> Any:
    """Pending refunds this person may decide on, oldest first."""
    return query_decidable_refunds(person.pk, timezone.now())


def query_decidable_refunds(person: Any, now: Any) -> QuerySet[Refund]:
    """``list_decidable_refunds`` of the person with an id at a time, or of gaps for both."""
    decided = Decision.objects.filter(refund=OuterRef("pk"), by=person)
    hands = [decided, account_hands.query_open_changes(person)]
    hands += _query_involvement(person, OuterRef("ticket_id")).values()
    waiting = Refund.objects.filter(
        ~Q(requested_by=person),
        Q(reviewers=None) | Q(reviewers__in=Group.objects.filter(user=person)),
        Exists(_query_sufficient_limits(person)),
        *(~Exists(rows) for rows in hands),
        state=Refund.State.PENDING,
        expires_at__gt=now,
    )
    return waiting.select_related("order", "ticket__customer")


def query_queued_refunds(person: Any, now: Any) -> QuerySet[Refund]:
    """The refunds that ``query_decidable_refunds`` says, without those handed to somebody else.

    A refund that was escalated is in everybody's queue again.
    """
    free = Q(assigned_to=None) | Q(assigned_to=person) | Q(escalated_at__isnull=False)
    return query_decidable_refunds(person, now).filter(free)


def _query_involvement(person: Any, ticket: Any) -> dict[str, QuerySet[Any]]:
    """Rows that show a hand in the ticket, by the constraint that forbids deciding then.

    Twin: ``constraints.refund_triggers.INVOLVEMENT_ROWS_SQL``, by which the database refuses.
    """
    hand = Func(person, function="to_jsonb", output_field=JSONField())
    drafted = Q(hands__contains=hand) | Q(message__author=person)
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


def _query_sufficient_limits(person: Any) -> QuerySet[ApprovalLimit]:
    """The person's limits that cover the refund of an outer query."""
    return ApprovalLimit.objects.filter(
        group__user=person, currency=OuterRef("currency"), up_to__gte=OuterRef("amount")
    )
