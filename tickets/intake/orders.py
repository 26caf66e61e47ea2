"""Orders with their lines and payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from tickets.intake import fields
from tickets.intake.customers import find_customers
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import (
    Effect,
    Outcome,
    Received,
    acquire_advisory_lock,
    get_single,
    list_good,
    try_each,
)
from tickets.models import Customer, Order, OrderLine, Payment
from tickets.models.amounts import drop_empty_decimals, find_amount_problem

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
PAYMENT_COLUMNS = ["kind", "amount", "at", "method", "reference"]
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


@dataclass
class StoredOrder:
    """An order with what belongs to it, as it is there."""

    order: Order
    lines: list[LineValues] = field(default_factory=list)
    payments: list[PaymentValues] = field(default_factory=list)


@dataclass(frozen=True)
class OrderChange:
    """What a row changes in an order: fields by name, its lines where not None, new payments."""

    stored: StoredOrder
    fields: list[str]
    lines: list[LineValues] | None
    payments: list[PaymentValues]

    @property
    def effect(self) -> Effect:
        """The effect of writing it."""
        if self.stored.order.pk is None:
            return Effect.CREATED
        changed = self.fields or self.payments or self.lines is not None
        return Effect.UPDATED if changed else Effect.UNCHANGED


def receive_order(row: Row) -> Outcome:
    """Keep one order by its number; a field the row does not have stays. Raises BadRow.

    ``lines`` replace the lines that are there. ``payments`` are added to, never changed or
    removed. ``paid`` and ``refunded`` are totals: what is missing to them is added.
    """
    return get_single(receive_orders([row]))


@transaction.atomic
def receive_orders(rows: Sequence[Row]) -> list[Received]:
    """Keep orders of different numbers, each as by ``receive_order``, in a few statements.

    Raises ValueError where two rows have one number.
    """
    numbers = try_each(_read_number, rows)
    good = list_good(numbers)
    if len(good) > len(set(good)):
        raise ValueError("two rows of a batch have one order number")
    customers = find_customers(list_good(try_each(_read_customer, rows)))
    acquire_advisory_lock(*(f"order:{number}" for number in good))
    Order.free_number(*good)
    stored = _load_orders(good)
    changes = try_each(
        lambda pair: _find_change(pair[0], pair[1], customers, stored),
        zip(rows, numbers, strict=True),
    )
    outcomes = [each if isinstance(each, BadRow) else Outcome(each.effect) for each in changes]
    _write_changes(list_good(changes))
    return outcomes


def list_order_keys(row: Row) -> list[str]:
    """What no two rows of one batch have."""
    return list_good(try_each(_read_number, [row]))


def _read_customer(row: Row) -> str:
    return fields.read_text(row, "customer", 254, required=True)


def _read_number(row: Row) -> str:
    fields.raise_if_not_utf8(row)
    return fields.read_text(row, "number", 60, required=True)


def _load_orders(numbers: list[str]) -> dict[str, StoredOrder]:
    """The orders with these numbers that are there, locked."""
    orders = Order.objects.select_for_update().filter(number__in=numbers).order_by("pk")
    stored = {order.pk: StoredOrder(order) for order in orders}
    lines = OrderLine.objects.filter(order__in=stored).order_by("id")
    for pk, *values in lines.values_list("order", *LINE_COLUMNS) if stored else ():
        stored[pk].lines.append(LineValues(*values))
    payments = Payment.objects.filter(order__in=stored)
    for pk, *values in payments.values_list("order", *PAYMENT_COLUMNS) if stored else ():
        stored[pk].payments.append(PaymentValues(*values))
    return {each.order.number: each for each in stored.values()}


def _find_change(
    row: Row,
    number: str | BadRow,
    customers: Mapping[str, Customer],
    known: Mapping[str, StoredOrder],
) -> OrderChange:
    """What the row changes; nothing is written. Raises BadRow."""
    if isinstance(number, BadRow):
        raise number
    values = _read_values(row, customers)
    stored = known.get(number) or StoredOrder(Order(number=number))
    order = stored.order
    changed = _change_fields(order, values)
    lines = _read_lines(row, order.currency)
    if lines == stored.lines:
        lines = None
    added = _find_new_payments(stored, _read_payments(row, order.currency))
    for kind, name in ((Payment.Kind.CAPTURE, "paid"), (Payment.Kind.REFUND, "refunded")):
        there = [*stored.payments, *added]
        added += _find_missing_amount(order, there, kind, row, name)
    if "currency" in row and order.pk is not None:
        _raise_if_unpayable(
            order, stored.lines if lines is None else lines, [*stored.payments, *added]
        )
    return OrderChange(stored, changed, lines, added)


def _write_changes(changes: list[OrderChange]) -> None:
    changed = [each for each in changes if each.fields and each.stored.order.pk is not None]
    names = sorted({name for each in changed for name in each.fields})
    if names:
        Order.objects.bulk_update([each.stored.order for each in changed], names)
    replaced = [each for each in changes if each.lines is not None]
    emptied = [each.stored.order.pk for each in replaced if each.stored.lines]
    if emptied:
        OrderLine.objects.filter(order__in=emptied).delete()
    Order.objects.bulk_create(each.stored.order for each in changes if each.stored.order.pk is None)
    OrderLine.objects.bulk_create(
        OrderLine(order=each.stored.order, **vars(line))
        for each in replaced
        for line in each.lines or []
    )
    Payment.objects.bulk_create(
        Payment(order=each.stored.order, **vars(paid)) for each in changes for paid in each.payments
    )


def _read_values(row: Row, customers: Mapping[str, Customer]) -> dict[str, Any]:
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
    return {"customer_id": _get_customer(row, customers).pk, **values}


def _get_customer(row: Row, customers: Mapping[str, Customer]) -> Customer:
    found = _read_customer(row)
    if found not in customers:
        raise BadRow(f"customer {found!r} is not known: import the customers first")
    return customers[found]


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


def _change_fields(order: Order, values: dict[str, Any]) -> list[str]:
    """Set the fields that differ, and return their names."""
    changed = [name for name, value in values.items() if getattr(order, name) != value]
    for name in changed:
        setattr(order, name, values[name])
    return changed


def _raise_if_unpayable(
    order: Order, lines: list[LineValues], payments: list[PaymentValues]
) -> None:
    """Raises BadRow where the order has amounts that its currency, which may be new, has not."""
    prices = [amount for line in lines for amount in (line.unit_price, line.tax)]
    for amount in [*prices, *(paid.amount for paid in payments)]:
        if problem := find_amount_problem(amount, order.currency):
            raise BadRow(f"order {order.number} is here with {amount}, and {problem}")


def _find_new_payments(stored: StoredOrder, payments: list[PaymentValues]) -> list[PaymentValues]:
    """The payments that are not there; equal ones without a reference are counted.

    One with a reference is the same payment however its time and method are told: a
    person may have recorded it before the payment side did. Raises BadRow.
    """
    there = Counter(stored.payments)
    by_reference = {(each.kind, each.reference): each for each in there if each.reference}
    nameless = Counter(each for each in payments if not each.reference) - there
    named = [each for each in payments if each.reference]
    _raise_if_reference_twice(named)
    return [
        *nameless.elements(),
        *(each for each in named if not _is_known_payment(stored.order, each, by_reference)),
    ]


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


def _find_missing_amount(
    order: Order, there: list[PaymentValues], kind: Payment.Kind, row: Row, name: str
) -> list[PaymentValues]:
    """The payment of what is missing to the total in the field ``name``. Raises BadRow."""
    total = fields.read_amount(row, name, order.currency)
    if total is None:
        return []
    # What went back as a thing, our rows count as given back, and the shop's totals do not.
    moved = [each for each in there if each.kind == kind and each.method != Payment.REPLACEMENT]
    paid = drop_empty_decimals(sum((each.amount for each in moved), Decimal("0.00")))
    if total < paid:
        raise BadRow(
            f"{name} of order {order.number} is {total}, but {paid} is here already:"
            " it is a total and can only grow"
        )
    if total == paid:
        return []
    when = fields.read_datetime(row, "paid_at") if kind == Payment.Kind.CAPTURE else None
    method = fields.read_text(row, "method", 60)
    return [PaymentValues(kind, total - paid, when, method, reference="")]
