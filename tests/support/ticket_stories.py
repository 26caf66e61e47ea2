"""Small stories the page tests are told in: a customer, a ticket, a run with its receipts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from approvals.models import Refund
from approvals.services import Proposal, propose_refund
from tests.support.run_rows import (
    STEPS,
    check,
    citation,
    classified,
    decided,
    draft_of,
    drafted,
    receipt,
    retrieved,
    run_of,
    summarized,
)
from tickets.models import Customer, Message, Order, Receipt, Run, Ticket
from triage.models import Clause, Intent, Policy, PolicyVersion

__all__ = [
    "Receipt",
    "STEPS",
    "check",
    "citation",
    "classified",
    "decided",
    "draft_of",
    "drafted",
    "receipt",
    "retrieved",
    "run_of",
    "summarized",
]

WORDS = (
    "Hello,\n\nthe walnut lamp from my order HP-10423 arrived with a cracked shade. "
    "It was a present and I need the money back before Friday, please.\n\nKind regards\nMarta"
)


def at(day: str) -> datetime:
    """Noon of a day."""
    return timezone.make_aware(datetime.fromisoformat(f"{day}T12:00"))


def marta() -> Customer:
    """A customer with one delivered order of two lines."""
    customer = Customer.objects.create(
        external_id="C-7", name="Marta Lindqvist", email="marta@example.com", since=date(2023, 4, 2)
    )
    order = Order.objects.create(
        number="HP-10423",
        customer=customer,
        status=Order.Status.DELIVERED,
        placed_at=at("2026-11-03"),
        delivered_at=at("2026-11-09"),
        tracking="PX4410GB",
    )
    order.lines.create(name="Walnut table lamp", sku="LMP-1", unit_price="42.00")
    order.lines.create(
        name="Linen napkins, set of four", sku="NAP-4", quantity=2, unit_price="9.50"
    )
    order.payments.create(
        kind="capture", amount="61.00", at=at("2026-11-03"), method="card", reference="ch_1"
    )
    return customer


def ticket(customer: Customer | None = None, **values: Any) -> Ticket:
    """A ticket with one mail of the customer."""
    mail = values.pop("text", WORDS)
    made = Ticket.objects.create(
        **{
            "channel": "email",
            "subject": "Broken lamp, refund please",
            "customer": customer,
            "name": customer.name if customer else "Somebody",
            "email": customer.email if customer else "somebody@example.org",
            **values,
        }
    )
    Message.objects.create(
        ticket=made,
        direction="in",
        sender=made.email,
        at=made.received_at,
        text=mail,
        message_id=f"<{made.pk}@example.com>",
        raw=b"From: Marta\r\nSubject: lamp\r\n\r\nThe <script>alert(1)</script> lamp",
        quoted="> On Monday you wrote:\n> Your order is on its way.",
        signature="Marta Lindqvist\nOslo",
    )
    return made


def policy() -> Clause:
    """A policy in two versions; the clause of the one in force."""
    made = Policy.objects.create(slug="damaged")
    for number, since, until, days in (
        (1, date(2024, 1, 1), date(2026, 1, 1), "14"),
        (2, date(2026, 1, 1), None, "30"),
    ):
        version = PolicyVersion.objects.create(
            policy=made,
            number=number,
            title="Damaged and wrong items",
            effective_from=since,
            effective_to=until,
            source="https://harbourandpine.example/policies/damaged",
            sha256="a" * 64,
        )
        clause = Clause.objects.create(
            version=version,
            ref="damaged.refund",
            position=1,
            heading="Money back for damaged items",
            text=f"Tell us within {days} days of delivery and we refund a damaged item in full.",
        )
    return clause


def intents() -> list[Intent]:
    """Three labels."""
    names = {
        "damaged-item": "Damaged item",
        "return-request": "Return request",
        "where-is-it": "Where is my order?",
    }
    return [Intent.objects.create(slug=slug, name=name) for slug, name in names.items()]


def finished(ticket: Ticket) -> Run:
    """A run through all steps, its draft, and the ticket as it is afterwards."""
    run = run_of(ticket)
    for step in STEPS:
        step(run)
    draft_of(ticket, run)
    Ticket.objects.filter(pk=ticket.pk).update(
        label="damaged-item",
        label_name="Damaged item",
        confidence=0.94,
        labelled_by="minilm",
        urgency=3,
    )
    ticket.mark_ready()
    return run


def refund_of(
    ticket: Ticket,
    run: Run | None = None,
    by: User | None = None,
    amount: str = "42.00",
    **more: Any,
) -> Refund:
    """A refund on the customer's first order, waiting for a decision."""
    assert ticket.customer is not None
    order = ticket.customer.orders.get(number="HP-10423")
    return propose_refund(
        ticket,
        Proposal(
            **{
                "order": order,
                "amount": Decimal(amount),
                "arithmetic": [
                    ("1 × Walnut table lamp at 42.00", "42.00"),
                    ("refund, GBP", amount),
                ],
                "reasons": ["Delivered 13 days ago, within 30 days"],
                "rule": "Damaged within 30 days",
                "citations": [citation()],
                **more,
            }
        ),
        run=run,
        by=by,
    )
