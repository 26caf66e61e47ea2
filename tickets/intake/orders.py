"""Orders with their lines and payments."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from tickets.intake import fields
from tickets.intake.customers import find_customer_by_email
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.models import Customer, Order, OrderLine, Payment
from tickets.models.amounts import find_amount_problem

ORDER_COLUMNS = [
    "number",
    "customer",
    "status",
    "currency",
    "placed_at",
    "promised_at",
    "delivered_at",
    "tracking",
]
LINE_COLUMNS = ["sku", "name", "category", "quantity", "unit_price", "final_sale", "tax"]
TOTAL_COLUMNS = ["paid", "paid_at", "method", "refunded"]
CHARGEBACK = "chargeback"
"""A kind of payment in a row: money back that the customer's bank took."""
COLUMNS = [*ORDER_COLUMNS, *LINE_COLUMNS, *TOTAL_COLUMNS, "lines", "payments"]


@dataclass(frozen=True)
class LineValues:
    """One line of an order, as it is compared and stored; ``tax`` is on top, for all pieces."""

    sku: str
    name: str
    category: str
    quantity: int
    unit_price: Decimal
    final_sale: bool
    tax: Decimal


@dataclass(frozen=True)
class PaymentValues:
    """One payment of an order, as it is compared and stored."""

    kind: str
    amount: Decimal
    at: datetime | None
    method: str
    reference: str


@transaction.atomic
def receive_order(row: Row) -> Outcome:
    """Keep one order by its number; a field the row does not have stays. Raises BadRow.

    ``lines`` replace the lines that are there. ``payments`` are added to, never changed or
    removed. ``paid`` and ``refunded`` are totals: what is missing to them is added.
    """
    fields.raise_if_not_utf8(row)
    number = fields.read_text(row, "number", 60, required=True)
    values = _read_values(row)
    acquire_advisory_lock(f"order:{number}")
    Order.free_number(number)
    order = Order.objects.select_for_update().filter(number=number).first()
    created = order is None
    order = order or Order.objects.create(number=number, **values)
    changed = [
        _update_order(order, values),
        _replace_lines(order, _read_lines(row, order.currency)),
        _add_payments(order, _read_payments(row, order.currency)),
        _add_missing_amount(order, Payment.Kind.CAPTURE, row, "paid"),
        _add_missing_amount(order, Payment.Kind.REFUND, row, "refunded"),
    ]
    if created:
        return Outcome(Effect.CREATED)
    if "currency" in row:
        _raise_if_unpayable(order)
    return Outcome(Effect.UPDATED if any(changed) else Effect.UNCHANGED)


def _read_values(row: Row) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "status": lambda: fields.read_choice(
            row, "status", Order.Status.values, Order.Status.PENDING
        ),
        "currency": lambda: fields.read_currency(row),
        "placed_at": lambda: fields.read_datetime(row, "placed_at"),
        "promised_at": lambda: fields.read_datetime(row, "promised_at"),
        "delivered_at": lambda: fields.read_datetime(row, "delivered_at"),
        "tracking": lambda: fields.read_text(row, "tracking", 120),
    }
    values = {name: read() for name, read in readers.items() if name in row}
    return {"customer": _find_customer(row), **values}


def _find_customer(row: Row) -> Customer:
    found = fields.read_text(row, "customer", 254, required=True)
    customer = Customer.objects.filter(external_id=found).first() or find_customer_by_email(found)
    if customer is None:
        raise BadRow(f"customer {found!r} is not known: import the customers first")
    return customer


def _read_lines(row: Row, currency: str) -> list[LineValues] | None:
    """The lines of the row; None where it says nothing of them. Raises BadRow."""
    if "lines" not in row:
        return None
    return [_read_line(each, currency) for each in fields.read_object_list(row, "lines")]


def _read_line(row: Row, currency: str) -> LineValues:
    fields.raise_if_not_utf8(row)
    price = fields.read_amount(row, "unit_price", currency, required=True)
    return LineValues(
        sku=fields.read_text(row, "sku", 120),
        name=fields.read_text(row, "name", 200, required=True),
        category=fields.read_text(row, "category", 120),
        quantity=fields.read_quantity(row, "quantity", default=1),
        unit_price=price or Decimal("0.00"),
        final_sale=fields.read_flag(row, "final_sale"),
        tax=fields.read_amount(row, "tax", currency) or Decimal("0.00"),
    )


def _read_payments(row: Row, currency: str) -> list[PaymentValues]:
    """The payments of the row. Raises BadRow."""
    listed = fields.read_object_list(row, "payments") if "payments" in row else []
    return [_read_payment(each, currency) for each in listed]


def _read_payment(row: Row, currency: str) -> PaymentValues:
    fields.raise_if_not_utf8(row)
    amount = fields.read_amount(row, "amount", currency, required=True)
    if not amount:
        raise BadRow("amount of a payment is 0: leave the payment out")
    kind = fields.read_choice(row, "kind", [*Payment.Kind.values, CHARGEBACK], Payment.Kind.CAPTURE)
    method = fields.read_text(row, "method", 60)
    return PaymentValues(
        kind=Payment.Kind.REFUND if kind == CHARGEBACK else kind,
        amount=amount,
        at=fields.read_datetime(row, "at"),
        method=CHARGEBACK if kind == CHARGEBACK else method,
        reference=fields.read_text(row, "reference", 120),
    )


def _update_order(order: Order, values: dict[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(order, name) != value}
    for name, value in changed.items():
        setattr(order, name, value)
    if changed:
        order.save(update_fields=list(changed))
    return bool(changed)


def _raise_if_unpayable(order: Order) -> None:
    """Raises BadRow where the order has amounts that its currency, which may be new, has not."""
    prices = order.lines.values_list("unit_price", "tax")
    amounts = [*(each for pair in prices for each in pair), *_list_payment_amounts(order)]
    for amount in amounts:
        if problem := find_amount_problem(amount, order.currency):
            raise BadRow(f"order {order.number} is here with {amount}, and {problem}")


def _list_payment_amounts(order: Order) -> list[Decimal]:
    return list(order.payments.values_list("amount", flat=True))


def _replace_lines(order: Order, lines: list[LineValues] | None) -> bool:
    if lines is None:
        return False
    there = [LineValues(**values) for values in order.lines.order_by("id").values(*LINE_COLUMNS)]
    if there == lines:
        return False
    order.lines.all().delete()
    OrderLine.objects.bulk_create(OrderLine(order=order, **asdict(line)) for line in lines)
    return True


def _add_payments(order: Order, payments: list[PaymentValues]) -> bool:
    """Add the payments that are not there; equal ones without a reference are counted.

    One with a reference is the same payment however its time and method are told: a
    person may have recorded it before the payment side did. Returns whether any was added.
    """
    names = ["kind", "amount", "at", "method", "reference"]
    there = Counter(PaymentValues(**values) for values in order.payments.values(*names))
    by_reference = {(each.kind, each.reference): each for each in there if each.reference}
    nameless = Counter(each for each in payments if not each.reference) - there
    named = [each for each in payments if each.reference]
    _raise_if_reference_twice(named)
    added = [
        *nameless.elements(),
        *(each for each in named if not _is_known_payment(order, each, by_reference)),
    ]
    Payment.objects.bulk_create(Payment(order=order, **asdict(paid)) for paid in added)
    return bool(added)


def _raise_if_reference_twice(named: list[PaymentValues]) -> None:
    for (_, reference), times in Counter((each.kind, each.reference) for each in named).items():
        if times > 1:
            raise BadRow(f"payment {reference} is there twice: give each its own reference")


def _is_known_payment(
    order: Order, paid: PaymentValues, by_reference: dict[tuple[str, str], PaymentValues]
) -> bool:
    """Whether the order has a payment of this reference. Raises BadRow for another amount."""
    known = by_reference.get((paid.kind, paid.reference))
    if known and known.amount != paid.amount:
        raise BadRow(
            f"payment {paid.reference} of order {order.number} is here as {known.amount}"
            f" at {known.at}: a payment is never changed, give a new reference"
        )
    return known is not None


def _add_missing_amount(order: Order, kind: Payment.Kind, row: Row, name: str) -> bool:
    """Add what is missing to the total in the field ``name``; return whether it was any."""
    total = fields.read_amount(row, name, order.currency)
    if total is None:
        return False
    # What went back as a thing, our rows count as given back, and the shop's totals do not.
    moved = order.payments.filter(kind=kind).exclude(method=Payment.REPLACEMENT)
    there = moved.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")
    if total < there:
        raise BadRow(
            f"{name} of order {order.number} is {total}, but {there} is here already:"
            " it is a total and can only grow"
        )
    if total == there:
        return False
    when = fields.read_datetime(row, "paid_at") if kind == Payment.Kind.CAPTURE else None
    method = fields.read_text(row, "method", 60)
    order.payments.create(kind=kind, amount=total - there, at=when, method=method)
    return True
