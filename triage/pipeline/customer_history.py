"""What the rows say of a customer beside the order, and what is a large amount here."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import Min
from django.db.models.functions import Least
from django.utils import timezone

from approvals.models import ApprovalLimit, Refund
from tickets.models import Customer, Payment, Ticket
from triage.contract.case import Standing

MAX_QUOTED_CHARS = 20_000  # characters; the mail that is answered stands first
COMMITTED_STATES = [Refund.State.APPROVED, Refund.State.EXECUTING, Refund.State.DOUBT]


def load_standing(customer: Customer | None) -> Standing:
    """The customer's refund history; what is a large amount depends on the order."""
    if customer is None:
        return Standing()
    return Standing(refunds=_count_recent_refunds(customer), since=customer.since)


def load_large_amounts() -> dict[str, Decimal]:
    """By currency, half of the smallest amount that one person may not approve alone."""
    limits = ApprovalLimit.objects.order_by().values("currency")
    least = limits.annotate(least=Least(Min("two_above"), Min("up_to")))
    return {row["currency"]: row["least"] / 2 for row in least if row["least"]}


def load_customer_text(ticket: Ticket) -> str:
    """All that the customer wrote on a ticket, also what was answered already."""
    written = ticket.messages.filter(direction="in", automatic=False).order_by("pk")
    return "\n\n".join(written.values_list("text", flat=True))


def load_quoted_text(ticket: Ticket) -> str:
    """The mails that the customer's newest message quotes, "" where it quotes none."""
    written = ticket.messages.filter(direction="in", automatic=False).order_by("-pk")
    return (written.values_list("quoted", flat=True).first() or "")[:MAX_QUOTED_CHARS]


def _count_recent_refunds(customer: Customer) -> int:
    """How often money went back, or was approved to, in the last ninety days."""
    since = timezone.now() - timedelta(days=90)
    paid = Payment.objects.filter(
        order__customer=customer, kind=Payment.Kind.REFUND, at__gte=since
    ).values_list("order", "at")
    due = Refund.objects.filter(
        order__customer=customer, state__in=COMMITTED_STATES, created_at__gte=since, seeded=False
    )
    return (
        len({(order, timezone.localdate(at) if at else None) for order, at in paid}) + due.count()
    )
