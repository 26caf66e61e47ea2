"""A shop with full pages: long subjects, long threads, long replies, and hundreds that wait."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from approvals.models import Refund
from tests.support import ticket_stories
from tickets.models import Customer, Message, Order, OrderLine, Payment, Ticket
from triage.models import Clause, Policy, PolicyVersion

LONG_SUBJECT = "Re: Fwd: The walnut lamp & the napkins of order HP-10423 arrived broken, again " * 3
SENTENCES = "The lamp's shade was cracked & the cord frayed when I opened the box. "
MAX_ORDER_LINES = 6


def fill_inbox(count: int, **values: Any) -> list[Ticket]:
    """Open tickets with long subjects, and why each needs a person."""
    now = timezone.now()
    return Ticket.objects.bulk_create(
        Ticket(
            **{
                "channel": "email",
                "subject": LONG_SUBJECT[:300],
                "name": "Wilhelmina Featherstonehaugh-Cholmondeley",
                "status": "attention",
                "attention": "A person has to decide. " * 7,
                "label": "damaged-item",
                "label_name": "Damaged item",
                "confidence": 0.9,
                "urgency": 4,
                "received_at": now - timedelta(minutes=number),
                **values,
            }
        )
        for number in range(count)
    )


def fill_queue(order: Order, count: int, **values: Any) -> list[Refund]:
    """Requests that wait for a decision, each on a ticket of its own."""
    until = timezone.now() + timedelta(days=7)
    return Refund.objects.bulk_create(
        Refund(
            **{
                "ticket": ticket,
                "order": order,
                "amount": Decimal("1.00"),
                "currency": "GBP",
                "risk": 2,
                "reasons": ["LARGE_AMOUNT", "NEW_CUSTOMER"],
                "fingerprint": "0" * 64,
                "expires_at": until,
                "escalated_at": timezone.now(),
                **values,
            }
        )
        for ticket in fill_inbox(count, customer=order.customer)
    )


def write_thread(ticket: Ticket, count: int, by: User) -> None:
    """So many more messages of 900 characters each, every third one ours."""
    Message.objects.bulk_create(
        Message(
            ticket=ticket,
            direction="out" if number % 3 == 0 else "in",
            author=by if number % 3 == 0 else None,
            sender=ticket.email,
            at=timezone.now() + timedelta(minutes=number),
            text=SENTENCES * 13,
            quoted="> " + SENTENCES * 4,
            delivery="sent" if number % 3 == 0 else "",
        )
        for number in range(count)
    )


def place_orders(customer: Customer, count: int) -> None:
    """So many orders of six lines each, one of them paid back."""
    orders = Order.objects.bulk_create(
        Order(number=f"HP-{30_000 + number}", customer=customer, status="delivered")
        for number in range(count)
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, sku=f"S{n}", name="Linen napkins, set of four", unit_price=9)
        for order in orders
        for n in range(MAX_ORDER_LINES)
    )
    Payment.objects.bulk_create(
        Payment(order=order, kind=kind, amount=9, method="card", reference=f"{kind}-{order.number}")
        for order in orders
        for kind in ("capture", "refund")
    )


def write_policies(count: int, clauses: int, start: int = 0) -> None:
    """So many policies in three versions, each of so many clauses."""
    today = timezone.localdate()
    for number in range(start, start + count):
        policy = Policy.objects.create(slug=f"policy-{number}")
        for version in (1, 2, 3):
            made = PolicyVersion.objects.create(
                policy=policy,
                number=version,
                title=f"Damaged, wrong and late items, part {number}",
                effective_from=today - timedelta(days=1_000 - version),
            )
            Clause.objects.bulk_create(
                Clause(
                    version=made,
                    ref=f"policy-{number}.clause-{each}",
                    position=each,
                    heading=f"How long you have to tell us about it, case {each}",
                    text=SENTENCES,
                )
                for each in range(clauses)
            )


def build_busy_ticket(by: User) -> Ticket:
    """A ticket worked through all steps, with a long reply, a long thread and many orders."""
    customer = ticket_stories.marta()
    ticket = ticket_stories.ticket(customer, subject=LONG_SUBJECT[:300])
    run = ticket_stories.finished(ticket)
    run.drafts.update(body=SENTENCES * 50, parts=[{"text": SENTENCES * 50}])
    write_thread(ticket, 60, by)
    place_orders(customer, 30)
    fill_inbox(20, customer=customer)
    return ticket
