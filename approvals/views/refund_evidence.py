"""The data of the refund page and of the queue page, and what a person may do there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import QueryDict
from django.utils import timezone

from approvals import preconditions, queue_pages, review_queue, separation_of_duties, services
from approvals.models import Decision, Refund
from approvals.review import first_opinion
from approvals.snapshot import staleness
from approvals.snapshot.build import Snapshot, build_snapshot, is_as_approved
from tickets import ticket_page
from tickets.models import Draft, Message, Order, OrderLine, Payment, Ticket
from tickets.prepared import Given, GivenList, PreparedQuery
from tickets.templatetags.show import money

MAX_OTHERS_SHOWN = 20
State = Refund.State
UNPAID_STATES = [State.APPROVED, State.EXECUTING, State.DOUBT, State.FAILED]
DECISION_COLUMNS = (
    "verdict",
    "amount",
    "reason",
    "at",
    "by",
    "refund__currency",
    "refund__order__number",
)
NUMBER_WORDS = {1: "one", 2: "two", 3: "three"}
UNPAID = PreparedQuery(lambda: list_unpaid_refunds().values_list("pk"))
OTHERS = PreparedQuery(
    lambda: (
        Refund.objects.filter(state=State.PENDING, expires_at__gt=Given("now"))
        .exclude(pk__in=GivenList("waiting"))
        .annotate(
            hand=separation_of_duties.build_involvement_case(Given("person")),
            by_me=Exists(Decision.objects.filter(refund=OuterRef("pk"), by=Given("person"))),
        )
        .values_list("pk", "hand", "by_me")[:MAX_OTHERS_SHOWN]
    )
)
OWN_DECISIONS = PreparedQuery(
    lambda: (
        Decision.objects.filter(by=Given("person"), refund__seeded=False)
        .select_related("refund__order")
        .only(*DECISION_COLUMNS)
        .order_by("-at", "-id")[:MAX_OTHERS_SHOWN]
    )
)
DECISIONS = PreparedQuery(
    lambda: (
        Decision.objects.filter(refund=Given("refund")).select_related("by").order_by("at", "id")
    )
)
DRAFTS = PreparedQuery(
    lambda: Draft.objects.filter(run=Given("run")).select_related("edited_by").order_by("id")
)
# Other requests on the same order that are open, approved or paid.
ALSO = PreparedQuery(
    lambda: (
        Refund.objects.filter(order=Given("order"))
        .exclude(pk=Given("refund"))
        .exclude(state__in=[State.VOID, State.EXPIRED, State.REJECTED, State.RETURNED])
        .order_by("-pk")[: MAX_OTHERS_SHOWN + 1]
    )
)
LINES = PreparedQuery(lambda: OrderLine.objects.filter(order=Given("order")).order_by("id"))
PAYMENTS = PreparedQuery(lambda: Payment.objects.filter(order=Given("order")).order_by("id"))
WORDS = PreparedQuery(
    lambda: ticket_page.query_thread(Given("ticket")).filter(direction=Message.Direction.IN)[
        : ticket_page.MAX_MESSAGES_SHOWN
    ]
)
KINDS = PreparedQuery(
    lambda: (
        Refund.objects.filter(pk__in=GivenList("waiting"))
        .order_by()
        .values_list("reasons", "currency")
        .distinct()
    )
)


def build_queue_sections(
    person: User, waiting: list[int], listed: list[int], asked: QueryDict
) -> dict[str, Any]:
    """The sections of the queue page: the person's own queue, what waits for others, what is
    to be paid, what they decided, and their limits.

    ``waiting`` are the ids of their queue, ``listed`` those under the filters ``asked`` for.
    """
    mine = queue_pages.cut_page(listed, asked.get("after", ""))
    unpaid = queue_pages.cut_page(_list_unpaid_ids(), asked.get("unpaid_after", ""))
    involved = _map_involvement(person, waiting)
    rows = queue_pages.load_rows([*mine.ids, *involved, *unpaid.ids])
    needed = separation_of_duties.map_approvers_needed(rows.values())
    rights = separation_of_duties.load_rights(person)
    to_pay = _pick_rows(rows, unpaid.ids)
    return {
        "mine": _pick_rows(rows, mine.ids),
        "mine_page": mine,
        "count": len(listed),
        "others": _explain_others(_pick_rows(rows, involved), involved, needed, rights),
        "to_pay": to_pay,
        "to_pay_page": unpaid,
        "wrote_again": staleness.find_refunds_with_followup(
            r for r in to_pay if r.state == State.APPROVED
        ),
        "needed": needed,
        "hidden": first_opinion.find_blinded_refunds(
            _pick_rows(rows, [*mine.ids, *involved]), person
        ),
        "decided": _list_own_decisions(person),
        "limits": rights.limits,
        **_list_filter_choices(waiting),
    }


def _pick_rows(rows: Mapping[int, Refund], ids: Iterable[int]) -> list[Refund]:
    return [rows[pk] for pk in ids if pk in rows]


def _list_own_decisions(person: User) -> list[Decision]:
    decided = OWN_DECISIONS.fetch(person=person.pk)
    for decision in decided:
        decision.by = person
    return decided


def _list_filter_choices(waiting: list[int]) -> dict[str, list[str]]:
    """The reasons and currencies of a queue, each once."""
    found = KINDS.fetch(waiting=waiting)
    return {
        "reasons": review_queue.list_reason_codes(reasons for reasons, _ in found),
        "currencies": sorted({currency for _, currency in found}),
    }


def _list_unpaid_ids() -> list[int]:
    return [pk for (pk,) in UNPAID.fetch()]


def list_unpaid_refunds() -> QuerySet[Refund]:
    """Refunds that are approved and not paid, those that people may have to see to first.

    One whose payment failed is left out once it was asked for again.
    """
    newer = Refund.objects.filter(
        ticket=OuterRef("ticket"), order=OuterRef("order"), pk__gt=OuterRef("pk")
    )
    unpaid = Refund.objects.filter(state__in=UNPAID_STATES).exclude(
        Exists(newer), state=State.FAILED
    )
    first = When(state__in=[State.APPROVED, State.DOUBT], then=Value(0))
    return unpaid.order_by(Case(first, default=Value(1)), "created_at", "id")


def _map_involvement(person: User, waiting: list[int]) -> dict[int, tuple[str, bool]]:
    """What waits and is not in this person's queue, by id: the key of REFUSALS that says how
    they had a hand in it, and whether they decided on it.
    """
    found = OTHERS.fetch(person=person.pk, now=timezone.now(), waiting=waiting)
    return {pk: (hand, by_me) for pk, hand, by_me in found}


def _explain_others(
    refunds: Iterable[Any],
    involved: Mapping[int, tuple[str, bool]],
    needed: Mapping[int, int],
    rights: separation_of_duties.Rights,
) -> list[Refund]:
    """What waits for others, each with ``why`` this person may not decide."""
    shown = list(refunds)
    for refund in shown:
        hand, by_me = involved[refund.pk]
        own = separation_of_duties.REFUSALS.get(hand, "")
        if by_me and not own:
            own = _explain_own_decision(needed[refund.pk] - refund.agreed)
        why = _explain_by_rights(refund, rights, own) or f"It was handed to {refund.assigned_to}."
        refund.why = why
    return shown


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one person is to one refund, read once for its page: the decisions on it so far,
    their rights, how they had a hand in it (empty where not), and how many it takes.
    """

    decisions: list[Decision]
    rights: separation_of_duties.Rights
    own: str
    needed: int


def load_part(refund: Refund, person: User) -> Part:
    """What the person is to the refund now."""
    decisions = DECISIONS.fetch(refund=refund.pk)
    needed = separation_of_duties.count_approvers_needed(refund)
    return Part(
        decisions=decisions,
        rights=separation_of_duties.load_rights(person),
        own=_explain_own_part(refund, person, decisions, needed),
        needed=needed,
    )


def build_evidence(refund: Refund, part: Part, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """The context of the refund page: everything the fingerprint covers, and the receipts.

    ``snapshot`` is of the refund now; without one it is built where the page needs it.
    """
    run = refund.run
    drafts = DRAFTS.fetch(run=refund.run_id)
    receipts = ticket_page.RECEIPTS.fetch(run=refund.run_id)
    also = ALSO.fetch(order=refund.order_id, refund=refund.pk)
    return {
        "needed": part.needed,
        "changed": refund.state == State.APPROVED and not is_as_approved(refund, snapshot),
        "drafts": drafts,
        "cards": _sort_failed_first(ticket_page.iter_cards(run, receipts)) if run else [],
        "decisions": part.decisions,
        **_count_agreement(refund, part.decisions, snapshot),
        "also": also[:MAX_OTHERS_SHOWN],
        "also_more": len(also) > MAX_OTHERS_SHOWN,
        **build_words_context(refund.ticket),
        **build_order_context(refund.ticket, refund.order),
    }


def _count_agreement(
    refund: Refund, decisions: list[Decision], snapshot: Snapshot | None = None
) -> dict[str, Any]:
    """How many approved what the page shows (``agreed``), and what to tell where one approved
    something else (``divided``).
    """
    agreed = [each for each in decisions if each.verdict == Decision.Verdict.APPROVE]
    if refund.state != State.PENDING or not agreed:
        return {"agreed": len(agreed), "divided": None}
    snapshot = snapshot or build_snapshot(refund)
    divided = preconditions.find_divided_approval(refund, snapshot)
    if divided:
        agreed = [each for each in agreed if each.fingerprint == snapshot.digest]
    return {"agreed": len(agreed), "divided": divided}


def format_approval_progress(refund: Refund) -> str:
    """How many approved it and how many are still needed, as a sentence without its end."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE).count()
    more = separation_of_duties.count_approvers_needed(refund) - agreed
    so_far = (
        f"{str(NUMBER_WORDS.get(agreed, agreed)).capitalize()} "
        f"approval{' is' if agreed == 1 else 's are'} in"
    )
    return f"{so_far}, {NUMBER_WORDS.get(more, more)} more {'is' if more == 1 else 'are'} needed"


def build_order_context(ticket: Ticket, order: Order) -> dict[str, Any]:
    """The order as it is stored, with what was paid and what is left of it."""
    payments = PAYMENTS.fetch(order=order.pk)
    paid, refunded = _sum_up(payments, Payment.Kind.CAPTURE), _sum_up(payments, Payment.Kind.REFUND)
    return {
        "base": ticket.get_absolute_url(),
        "lines": LINES.fetch(order=order.pk),
        "payments": payments,
        "paid": paid,
        "refunded": refunded,
        "left": paid - refunded,
    }


def _sum_up(payments: Iterable[Payment], kind: str) -> Decimal:
    return sum((each.amount for each in payments if each.kind == kind), Decimal("0.00"))


def build_words_context(ticket: Ticket) -> dict[str, Any]:
    """What the customer wrote, oldest first, with the names of the files.

    Of a long thread the newest messages, as many as a page holds; ``words_before`` is how many
    older ones stand on the ticket's page.
    """
    shown, before = ticket_page.cut_thread(WORDS.fetch(ticket=ticket.pk))
    return {"words": shown, "words_before": before}


def explain_ineligibility(refund: Refund, part: Part) -> str:
    """Why this person may not decide on this refund, as a sentence; empty where they may."""
    return _explain_by_rights(refund, part.rights, part.own)


def _explain_by_rights(refund: Refund, rights: separation_of_duties.Rights, own: str) -> str:
    """Why a person with these rights may not decide, as a sentence; empty where they may.

    ``own`` says how they had a hand in it, empty where they had none.
    """
    if refund.state != State.PENDING:
        return f"This request is closed: {refund.get_state_display().lower()}."
    if refund.expires_at < timezone.now():
        return "This request ran out before a decision. Ask for it again on the ticket."
    if not rights.supervisor:
        return "Supervisors decide on refunds. You can read what they will see."
    return own or rights.account or _explain_group_or_limit(refund, rights)


def can_hand_over(refund: Refund, part: Part) -> bool:
    """Whether this person may say who is to decide: a supervisor without a hand in it."""
    open_still = refund.state == State.PENDING and refund.expires_at >= timezone.now()
    return open_still and part.rights.supervisor and not part.own


def build_proposal(asked: dict[str, Any], by: User) -> services.Proposal:
    """The proposal an agent makes by hand, from the cleaned form ``asked``."""
    return services.Proposal(
        order=asked["order"],
        amount=asked["amount"],
        remedy=asked["remedy"],
        arithmetic=[(f"Asked for by {by.get_username()}", str(asked["amount"]))],
        reasons=["Asked for by a person, not worked out from a rule"],
        note=asked["reason"],
    )


def build_customer_context(ticket: Ticket) -> dict[str, Any]:
    """The orders of the ticket's customer with lines and payments."""
    return ticket_page.build_customer_context(ticket)


def _explain_own_part(refund: Refund, person: User, decisions: list[Decision], needed: int) -> str:
    if own := separation_of_duties.explain_involvement(refund, person):
        return own
    if not any(each.by_id == person.pk for each in decisions):
        return ""
    agreement = _count_agreement(refund, decisions)
    if agreement["divided"]:
        return "You approved it before something changed. A colleague has to reject it or ask."
    return _explain_own_decision(needed - agreement["agreed"])


def _explain_own_decision(more: int) -> str:
    people = f"{NUMBER_WORDS.get(more, more)} more {'person' if more == 1 else 'people'}"
    return f"{separation_of_duties.REFUSALS['one_decision_a_person']} It needs {people}."


def _explain_group_or_limit(refund: Refund, rights: separation_of_duties.Rights) -> str:
    if refund.reviewers_id is not None and refund.reviewers_id not in rights.groups:
        return separation_of_duties.explain_reviewer_group(refund)
    limit = rights.limits.get(refund.currency, 0)
    if limit == 0:
        return separation_of_duties.explain_missing_limit(refund.currency)
    if refund.amount > limit:
        amount, most = money(refund.amount, refund.currency), money(limit, refund.currency)
        return (
            f"{amount} is above your limit of {most}. Somebody with a higher limit has to decide."
        )
    return ""


def _sort_failed_first(cards: Any) -> list[ticket_page.ReceiptCard]:
    """Receipts with a failed check before those without."""

    def has_no_failed_check(card: ticket_page.ReceiptCard) -> bool:
        checks = card.receipt.checks if card.receipt else []
        return not any(check.get("passed") is False for check in checks)

    return sorted((card for card in cards if card.receipt), key=has_no_failed_check)
