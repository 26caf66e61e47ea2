"""Synthetic requests: goods, clause and sums of a real one, and a customer who is not.

Nothing of the real customer is taken: not their name, their words, their order's number or
its days, only how the days lie to one another.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from approvals import separation_of_duties
from approvals.models import Refund
from tickets.models import Customer, Order, OrderLine, Payment, Run, Ticket

FIRST_NAMES = tuple(
    (
        "Alice Amir Beth Carlos Clara David Elif Emma Finn Grace Hana Ivan Jonas Kate Leon Lucy "
        "Marek Mina Noah Olga Peter Rosa Samir Tara Victor Yuki"
    ).split()
)
LAST_NAMES = tuple(
    (
        "Adams Baker Bauer Campbell Costa Dunn Ellis Fischer Fox Grant Hughes Jensen Khan Lowe "
        "Marsh Moreau Nowak Owen Patel Reed Rossi Shaw Silva Turner Walsh Young"
    ).split()
)
SUBJECTS = ("Money back for {item}", "Order {number}", "Refund for order {number}", "{item}")
LETTERS = (
    "Hello,\n\nI am writing about the {item} from order {number}. Your terms say “{heading}”, so "
    "please send me my money back.\n\nBest wishes\n{name}",
    "Hi there,\n\ncould I have the money for the {item} back, please? The order is {number}. I "
    "read “{heading}” on your site and I think that it fits.\n\nThank you\n{name}",
    "Good morning,\n\nplease refund the {item} (order {number}). I go by what you write under "
    "“{heading}”.\n\nKind regards\n{name}",
    "Hello,\n\nit is about order {number}, the {item}. I would like a refund under “{heading}”. "
    "Please let me know when it is on its way.\n\nMany thanks\n{name}",
)
LAST_DIGITS = re.compile(r"\d(?=\d{0,3}(?!\d))")  # the last four of each number


def build_synthetic_refund(real: Refund) -> Refund:
    """A seeded copy of a request, not saved, with its saved ticket, order and customer."""
    now = timezone.now()
    customer = create_synthetic_customer()
    order = _create_order(real.order, customer, later=now - real.created_at)
    ticket = _create_ticket(real, order, arrived=now - timedelta(minutes=3 + secrets.randbelow(40)))
    return Refund(
        ticket=ticket,
        run=Run.objects.create(ticket=ticket, state="done", started_at=now, finished_at=now),
        order=order,
        **{name: getattr(real, name) for name in COPIED_FIELDS},
        seeded=True,
        created_at=now,
        expires_at=now + timedelta(days=settings.APPROVAL_DAYS),
        approvers_needed=separation_of_duties.count_approvers_needed(real),
    )


COPIED_FIELDS = (
    "remedy",
    "amount",
    "currency",
    "arithmetic",
    "reasons",
    "rule",
    "citations",
    "lines",
    "terms",
    "conditions",
    "risk",
)


def create_synthetic_customer() -> Customer:
    """A customer who does not exist, and has no address that a mail could go to."""
    name = f"{secrets.choice(FIRST_NAMES)} {secrets.choice(LAST_NAMES)}"
    return Customer.objects.create(name=name, seeded=True)


def _create_order(real: Order, customer: Customer, *, later: timedelta) -> Order:
    def shift_date(day: datetime | None) -> datetime | None:
        return day and day + later

    made = Order.objects.create(
        number=_generate_order_number(real.number),
        customer=customer,
        status=real.status,
        currency=real.currency,
        placed_at=shift_date(real.placed_at),
        promised_at=shift_date(real.promised_at),
        delivered_at=shift_date(real.delivered_at),
    )
    names = ("sku", "name", "category", "quantity", "unit_price", "final_sale", "tax")
    rows = real.lines.order_by("id").values(*names)
    OrderLine.objects.bulk_create(OrderLine(order=made, **row) for row in rows)
    Payment.objects.bulk_create(
        Payment(order=made, kind="capture", amount=p.amount, at=shift_date(p.at), method=p.method)
        for p in real.payments.filter(kind="capture").order_by("id")
    )
    return made


def _generate_order_number(like: str) -> str:
    """An order number that is not taken and has the shape of the shop's own."""
    while True:
        number = LAST_DIGITS.sub(lambda _: str(secrets.randbelow(10)), like)
        number = number if number != like else f"{like}{secrets.randbelow(10)}"
        if not Order.objects.filter(number__iexact=number).exists():
            return number


def _create_ticket(real: Refund, order: Order, *, arrived: datetime) -> Ticket:
    words = {
        "item": _get_item_name(real, order),
        "number": order.number,
        "heading": real.citations[0].get("heading", ""),
        "name": order.customer.name,
    }
    like = real.ticket
    ticket = Ticket.objects.create(
        channel=Ticket.Channel.FORM,
        subject=secrets.choice(SUBJECTS).format(**words),
        customer=order.customer,
        name=order.customer.name,
        status=Ticket.Status.READY,
        received_at=arrived,
        label=like.label,
        label_name=like.label_name,
        urgency=like.urgency,
        seeded=True,
    )
    text = secrets.choice(LETTERS).format(**words)
    ticket.messages.create(direction="in", at=arrived, text=text)
    return ticket


def _get_item_name(real: Refund, order: Order) -> str:
    named = [line["name"] for line in real.lines if line.get("name")]
    return str(named[0] if named else order.lines.order_by("id").values_list("name", flat=True)[0])
