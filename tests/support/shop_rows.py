"""Rows for tests: Maya Lund, her order of a kettle and two lamps, and what she wrote."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tickets.models import Customer, Message, Order, OrderLine, Payment, Ticket
from triage import models


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def maya() -> Customer:
    return Customer.objects.get_or_create(
        external_id="C1", defaults={"name": "Maya Lund", "email": "maya@customer.example"}
    )[0]


def order(number: str = "HP-1042", **changes: Any) -> Order:
    """89.00 GBP paid for a kettle and two lamps, delivered fifteen days ago."""
    values = {"status": "delivered", "placed_at": days_ago(19), "delivered_at": days_ago(15)}
    made = Order.objects.create(number=number, customer=maya(), **{**values, **changes})
    OrderLine.objects.create(
        order=made, sku="K1", name="Enamel kettle", unit_price=Decimal("49.00")
    )
    OrderLine.objects.create(
        order=made, sku="L1", name="Storm lamp", quantity=2, unit_price=Decimal("20.00")
    )
    Payment.objects.create(
        order=made, kind="capture", amount=Decimal("89.00"), reference=f"pay-{number}"
    )
    return made


def ticket(
    text: str = "I would like to send it back, the kettle is too small.", **changes: Any
) -> Ticket:
    values = {"channel": "email", "subject": "My kettle", "customer": maya(), "email": maya().email}
    made = Ticket.objects.create(**{**values, **changes})
    Message.objects.create(ticket=made, direction="in", sender=made.email, text=text)
    return made


def return_policy() -> models.PolicyVersion:
    """The clause "returns.window", in force for five hundred days."""
    day = days_ago(500).date()
    policy = models.Policy.objects.create(slug="returns")
    version = models.PolicyVersion.objects.create(
        policy=policy, number=1, title="Returns", effective_from=day
    )
    models.Clause.objects.create(
        version=version,
        ref="returns.window",
        position=1,
        heading="How long you have to send a thing back",
        text="You can send back an unused item within 30 days.",
    )
    return version
