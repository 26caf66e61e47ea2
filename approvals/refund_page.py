"""What a decision on a refund rests on, gathered for its page, and who may take it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Exists, OuterRef, Prefetch, QuerySet, Value, When
from django.utils import timezone

from approvals import preconditions, separation_of_duties, services
from approvals.models import Decision, Refund
from approvals.review_queue import listed
from approvals.snapshot import staleness
from tickets import ticket_page
from tickets.access import SUPERVISORS
from tickets.models import Attachment, Message, Order, Ticket
from tickets.templatetags.show import money

SHOWN = 50
OTHERS_SHOWN = 20
State = Refund.State
TO_PAY = [State.APPROVED, State.EXECUTING, State.DOUBT, State.FAILED]
NUMBERS = {1: "one", 2: "two", 3: "three"}


def elsewhere(person: User) -> dict[str, Any]:
    """What the queue page shows below the person's own queue, each in short."""
    decided = person.decisions.filter(refund__seeded=False).select_related("refund__order")
    unpaid, rights = to_pay(), separation_of_duties.rights_of(person)
    first = list(unpaid[:SHOWN])
    return {
        "others": _others(person, rights),
        "to_pay": first,
        "to_pay_more": unpaid.count() - len(first),
        "wrote_again": staleness.written_since(r for r in first if r.state == State.APPROVED),
        "decided": list(decided.order_by("-at", "-id")[:OTHERS_SHOWN]),
        "limits": rights.limits,
    }


def to_pay() -> QuerySet[Refund]:
    """Approved and not paid, what people may have to see to first. One that failed is left out
    once it was asked for again."""
    newer = Refund.objects.filter(
        ticket=OuterRef("ticket"), order=OuterRef("order"), pk__gt=OuterRef("pk")
    )
    unpaid = Refund.objects.filter(state__in=TO_PAY).exclude(Exists(newer), state=State.FAILED)
    first = When(state__in=[State.APPROVED, State.DOUBT], then=Value(0))
    return listed(unpaid).order_by(Case(first, default=Value(1)), "created_at", "id")


def _others(person: User, rights: separation_of_duties.Rights) -> list[dict[str, Any]]:
    """What waits and is not in this person's queue, and why."""
    pending = listed(Refund.objects.filter(state=State.PENDING, expires_at__gt=timezone.now()))
    mine = person.decisions.filter(refund=OuterRef("pk"))
    others = pending.exclude(pk__in=separation_of_duties.queue_of(person).values("pk"))
    found: list[Any] = list(
        others.annotate(hand=separation_of_duties.hand_of(person), by_me=Exists(mine))[
            :OTHERS_SHOWN
        ]
    )
    needed = separation_of_duties.people_of(found)
    rows = []
    for refund in found:
        own = separation_of_duties.REFUSALS.get(refund.hand, "")
        if refund.by_me and not own:
            own = _decided_by_them(needed[refund.pk] - refund.agreed)
        why = _why_not(refund, rights, own) or f"It was handed to {refund.assigned_to}."
        rows.append({"refund": refund, "why": why})
    return rows


def of(refund: Refund) -> dict[str, Any]:
    """Everything the fingerprint covers, and the receipts behind it."""
    run = refund.run
    drafts = list(run.drafts.order_by("id")) if run else []
    receipts = list(run.receipts.order_by("attempt", "seq")) if run else []
    return {
        "needed": separation_of_duties.people_for(refund),
        "changed": refund.state == State.APPROVED and not services.is_as_approved(refund),
        "drafts": drafts,
        "cards": _worst_first(ticket_page.cards(run, receipts)) if run else [],
        "decisions": list(refund.decisions.select_related("by", "rule")),
        **_agreement(refund),
        "also": list(_also(refund)),
        "words": words(refund.ticket),
        **rows(refund.ticket, refund.order),
    }


def _agreement(refund: Refund) -> dict[str, Any]:
    """How many approved what the page shows, and what to tell where one approved something else."""
    divided = preconditions.divided(refund) if refund.state == State.PENDING else None
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    if divided:
        agreed = agreed.filter(fingerprint=services.fingerprint(refund))
    return {"agreed": agreed.count(), "divided": divided}


def approvals_in(refund: Refund) -> str:
    """How many approved it and how many are still needed, as a sentence without its end."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE).count()
    more = separation_of_duties.people_for(refund) - agreed
    so_far = f"{str(NUMBERS.get(agreed, agreed)).capitalize()} approval{' is' if agreed == 1 else 's are'} in"
    return f"{so_far}, {NUMBERS.get(more, more)} more {'is' if more == 1 else 'are'} needed"


def rows(ticket: Ticket, order: Order) -> dict[str, Any]:
    """The order as it is stored, with what was paid and what is left of it."""
    paid, refunded = order.paid(), order.refunded()
    return {
        "base": ticket.get_absolute_url(),
        "lines": list(order.lines.order_by("id")),
        "payments": list(order.payments.order_by("id")),
        "paid": paid,
        "refunded": refunded,
        "left": paid - refunded,
    }


def words(ticket: Ticket) -> list[Message]:
    """What the customer wrote, oldest first, with the names of the files."""
    files = Prefetch("attachments", Attachment.objects.defer("content"))
    written = ticket.messages.filter(direction=Message.Direction.IN)
    return list(written.defer("raw", "html").prefetch_related(files))


def why_not(refund: Refund, person: User) -> str:
    """Why this person may not decide on this refund, as a sentence; empty where they may."""
    return _why_not(refund, separation_of_duties.rights_of(person), _own_hand(refund, person))


def _why_not(refund: Refund, rights: separation_of_duties.Rights, own: str) -> str:
    """``own`` is how they had a hand in it."""
    if refund.state != State.PENDING:
        return f"This request is closed: {refund.get_state_display().lower()}."
    if refund.expires_at < timezone.now():
        return "This request ran out before a decision. Ask for it again on the ticket."
    if not rights.supervisor:
        return "Supervisors decide on refunds. You can read what they will see."
    return own or _not_theirs(refund, rights)


def may_hand_over(refund: Refund, person: User) -> bool:
    """Whether this person may say who is to decide: a supervisor without a hand in it."""
    open_still = refund.state == State.PENDING and refund.expires_at >= timezone.now()
    supervisor = open_still and person.groups.filter(name=SUPERVISORS).exists()
    return supervisor and not _own_hand(refund, person)


def may_pay(person: User) -> bool:
    """Whether this person may record or settle payments."""
    return person.groups.filter(name=SUPERVISORS).exists()


def proposal(asked: dict[str, Any], by: User) -> services.Proposal:
    """What an agent asks for by hand, as the services take it."""
    return services.Proposal(
        order=asked["order"],
        amount=asked["amount"],
        remedy=asked["remedy"],
        arithmetic=[(f"Asked for by {by.get_username()}", str(asked["amount"]))],
        reasons=["Asked for by a person, not worked out from a rule"],
        note=asked["reason"],
    )


def account(ticket: Ticket) -> dict[str, Any]:
    """The orders of the ticket's customer with lines and payments."""
    return ticket_page.account(ticket)


def _own_hand(refund: Refund, person: User) -> str:
    if own := separation_of_duties.own_hand(refund, person):
        return own
    if not refund.decisions.filter(by=person).exists():
        return ""
    agreement = _agreement(refund)
    if agreement["divided"]:
        return "You approved it before something changed. A colleague has to reject it or ask."
    return _decided_by_them(separation_of_duties.people_for(refund) - agreement["agreed"])


def _decided_by_them(more: int) -> str:
    people = f"{NUMBERS.get(more, more)} more {'person' if more == 1 else 'people'}"
    return f"{separation_of_duties.REFUSALS['one_decision_a_person']} It needs {people}."


def _not_theirs(refund: Refund, rights: separation_of_duties.Rights) -> str:
    if refund.reviewers_id is not None and refund.reviewers_id not in rights.groups:
        return separation_of_duties.not_a_reviewer(refund)
    limit = rights.limits.get(refund.currency, 0)
    if limit == 0:
        return separation_of_duties.no_limit(refund.currency)
    if refund.amount > limit:
        amount, most = money(refund.amount, refund.currency), money(limit, refund.currency)
        return (
            f"{amount} is above your limit of {most}. Somebody with a higher limit has to decide."
        )
    return ""


def _also(refund: Refund) -> QuerySet[Refund]:
    """Other requests on the same order that are open, promised or paid."""
    over = [State.VOID, State.EXPIRED, State.REJECTED, State.RETURNED]
    others = Refund.objects.filter(order=refund.order_id).exclude(pk=refund.pk)
    return others.exclude(state__in=over).order_by("-pk")


def _worst_first(cards: Any) -> list[ticket_page.Card]:
    """Receipts with a failed check before those without."""

    def concern(card: ticket_page.Card) -> bool:
        checks = card.receipt.checks if card.receipt else []
        return not any(check.get("passed") is False for check in checks)

    return sorted((card for card in cards if card.receipt), key=concern)
