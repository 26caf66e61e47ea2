"""What a decision on a refund rests on, gathered for its page, and who may take it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from approvals import services, who
from approvals.models import Decision, Refund
from tickets import desk
from tickets.access import SUPERVISORS
from tickets.models import Ticket
from tickets.templatetags.show import money

SHOWN = 50
State = Refund.State


def queue(person: User) -> dict[str, Any]:
    """The lists of the queue page, oldest first but for what was decided."""
    mine = list(who.waiting_for(person)[:SHOWN])
    pending = _listed(Refund.objects.filter(state=State.PENDING, expires_at__gt=timezone.now()))
    others = [refund for refund in pending[:SHOWN] if refund not in mine]
    decided = Decision.objects.select_related("refund__order", "by").order_by("-at", "-id")
    return {
        "mine": mine,
        "others": [{"refund": refund, "why": why_not(refund, person)} for refund in others],
        "to_pay": list(_listed(Refund.objects.filter(state=State.APPROVED))[:SHOWN]),
        "decided": list(decided[:20]),
        "limits": who.limits_of(person),
    }


def of(refund: Refund) -> dict[str, Any]:
    """Everything the fingerprint covers, and the receipts behind it."""
    run = refund.run
    drafts = list(run.drafts.order_by("id")) if run else []
    receipts = list(run.receipts.order_by("attempt", "seq")) if run else []
    paid, refunded = refund.order.paid(), refund.order.refunded()
    return {
        "base": refund.ticket.get_absolute_url(),
        "seen": services.fingerprint(refund),
        "needed": _needed(refund),
        "changed": refund.state == State.APPROVED and not services.is_as_approved(refund),
        "lines": list(refund.order.lines.order_by("id")),
        "payments": list(refund.order.payments.order_by("id")),
        "paid": paid,
        "refunded": refunded,
        "left": paid - refunded,
        "words": list(refund.ticket.messages.filter(direction="in").defer("raw", "html")),
        "drafts": drafts,
        "cards": _worst_first(desk.cards(run, receipts)) if run else [],
        "decisions": list(refund.decisions.select_related("by")),
    }


def why_not(refund: Refund, person: User) -> str:
    """Why this person may not decide on this refund, as a sentence; empty where they may."""
    if refund.state != State.PENDING:
        return f"This request is closed: {refund.get_state_display().lower()}."
    if refund.expires_at < timezone.now():
        return "This request ran out before a decision. Ask for it again on the ticket."
    if not person.groups.filter(name=SUPERVISORS).exists():
        return "Supervisors decide on refunds. You can read what they will see."
    return _own_hand(refund, person) or _too_much(refund, person)


def may_pay(refund: Refund, person: User) -> bool:
    """Whether this person may record the payment now."""
    approved = refund.state == State.APPROVED
    return approved and person.groups.filter(name=SUPERVISORS).exists()


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
    return desk.account(ticket)


def _own_hand(refund: Refund, person: User) -> str:
    if own := who.own_hand(refund, person):
        return own
    if refund.decisions.filter(by=person).exists():
        return f"{who.REFUSALS['one_decision_a_person']} It needs one more person."
    return ""


def _too_much(refund: Refund, person: User) -> str:
    limit = who.limit_of(person, refund.currency)
    if limit == 0:
        return who.no_limit(refund.currency)
    if refund.amount > limit:
        amount, most = money(refund.amount, refund.currency), money(limit, refund.currency)
        return (
            f"{amount} is above your limit of {most}. Somebody with a higher limit has to decide."
        )
    return ""


def _needed(refund: Refund) -> int:
    """How many have to approve: by today's limits while it waits, else as it was decided."""
    if refund.state == State.PENDING:
        return who.approvers_for(refund.amount, refund.currency)
    return refund.approvers_needed


def _worst_first(cards: Any) -> list[desk.Card]:
    """Receipts with a failed check before those without."""

    def concern(card: desk.Card) -> bool:
        checks = card.receipt.checks if card.receipt else []
        return not any(check.get("passed") is False for check in checks)

    return sorted((card for card in cards if card.receipt), key=concern)


def _listed(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    return refunds.select_related("order", "ticket__customer")
