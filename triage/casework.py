"""From rows to a Case: everything the steps may know of a ticket, as values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.formats import date_format

from approvals.models import Refund, RefundRule
from tickets.models import Customer, Order, Payment, Ticket
from triage import case, models
from triage.case import Case, Fact
from triage.facts import KINDS, MOST, money
from triage.marks import in_all, marks_of
from triage.said import bare, called_orders, plain
from triage.steps.classify import drawn
from triage.steps.classify import step as classify
from triage.steps.decide import SEVERAL_ORDERS

RECENT_ORDERS = 20
COMMITTED = [Refund.State.APPROVED, Refund.State.EXECUTING, Refund.State.DOUBT]


def case_for(ticket: Ticket) -> Case:
    """The ticket with its customer, orders, rules and taxonomy as they are now."""
    received, text, marks = _unanswered(ticket)
    rows = _orders(ticket.customer, f"{ticket.subject}\n{text}")
    orders = tuple(order_of(row) for row in rows)
    order, because = order_meant(f"{ticket.subject}\n{text}", orders)
    row = next((row for row in rows if order and row.number == order.number), None)
    return Case(
        ticket=ticket.pk,
        subject=ticket.subject,
        text=text,
        received=timezone.localdate(received),
        customer=ticket.customer.name if ticket.customer else ticket.name,
        orders=orders,
        order=order,
        order_because=because,
        facts=tuple(_known(_facts(ticket, rows, row))),
        intents=tuple(map(_intent, models.Intent.objects.filter(active=True))),
        rules=tuple(map(_rule, RefundRule.objects.filter(active=True))),
        phrases=tuple(
            map(_phrase, models.Phrase.objects.filter(active=True).select_related("intent"))
        ),
        marks=marks,
        audited=drawn(ticket.pk, _audit_share()),
    )


def _audit_share() -> float:
    row = models.Limit.objects.filter(step=classify.name, name="audit").first()
    return row.value if row else classify.limits["audit"]


def _unanswered(ticket: Ticket) -> tuple[datetime, str, tuple[str, ...]]:
    """What the customer wrote since our last answer, when the first of it was written, and
    what the mails' headers say of it.

    In the order of arrival: a mail dated before our answer may have come in after it.
    """
    spoken = ticket.messages.exclude(direction="note").order_by("pk")
    waiting: list[tuple[datetime, str, tuple[str, ...]]] = []
    for direction, at, text, sender, raw in spoken.values_list(
        "direction", "at", "text", "sender", "raw"
    ):
        came = (at, text, marks_of(sender or ticket.email, bytes(raw or b"")))
        waiting = [*waiting, came] if direction == "in" else []
    since = min((at for at, _, _ in waiting), default=ticket.received_at)
    text = "\n\n".join(text for _, text, _ in waiting)
    return since, text, in_all([marks for _, _, marks in waiting])


def _orders(customer: Customer | None, text: str) -> list[Order]:
    """The orders that the text names, however old, then the customer's newest."""
    if customer is None:
        return []
    said = _said(text) | called_orders(text)
    numbers = customer.orders.order_by("-placed_at", "-id").values_list("pk", "number")
    chosen = [
        pk
        for place, (pk, number) in enumerate(numbers)
        if place < RECENT_ORDERS or _names(said, number)
    ]
    rows = customer.orders.filter(pk__in=chosen).order_by("-placed_at", "-id")
    found = rows.prefetch_related("lines", "payments", "refunds")
    return sorted(found, key=lambda row: not _names(said, row.number))


def order_of(row: Order) -> case.Order:
    """The row as a value; what is approved but not yet paid out counts as refunded."""
    committed = [refund.amount for refund in row.refunds.all() if refund.state in COMMITTED]
    return case.Order(
        number=row.number,
        status=row.status,
        currency=row.currency,
        lines=tuple(
            case.Line(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                price=line.unit_price,
                category=line.category,
                final_sale=line.final_sale,
            )
            for line in row.lines.all()
        ),
        paid=_paid(row, Payment.Kind.CAPTURE),
        refunded=_paid(row, Payment.Kind.REFUND) + sum(committed, Decimal(0)),
        placed=_day(row.placed_at),
        promised=_day(row.promised_at),
        delivered=_day(row.delivered_at),
    )


def _paid(row: Order, kind: str) -> Decimal:
    return sum((p.amount for p in row.payments.all() if p.kind == kind), Decimal("0.00"))


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def order_meant(text: str, orders: tuple[case.Order, ...]) -> tuple[case.Order | None, str]:
    """The one order the text is about, and how that was found; None with the reason why not.

    Only the customer's own orders are looked at: somebody else's number finds nothing. The
    digits alone name one where the words call them an order: "order 10877" for HP-10877.
    """
    said, called = _said(text), called_orders(text)
    named = [o for o in orders if plain(o.number) in said or bare(o.number) in called]
    if len(named) == 1:
        return named[0], "named in the message"
    if len(named) > 1:
        return None, SEVERAL_ORDERS
    if len(orders) == 1:
        return orders[0], "the customer's only order"
    by_item = [order for order in orders if _mentions_item(text, order)]
    if len(by_item) == 1:
        return by_item[0], "the only order with the item in the message"
    if not orders:
        return None, "No order of this sender is on record."
    return None, f"The customer has {len(orders)} orders and names none of them."


def _said(text: str) -> set[str]:
    """The words of a text, and each with its next: "HP 1042" is a number too."""
    words = re.sub(r"[\W_]", " ", text.casefold()).split()
    return {*words, *(a + b for a, b in zip(words, words[1:], strict=False))}


def _names(said: set[str], number: str) -> bool:
    """Whether an order's number is among the words, with or without its letters."""
    return plain(number) in said or bare(number) in said


def _mentions_item(text: str, order: case.Order) -> bool:
    """The last two words of an item's name are in the text, one after the other."""
    said = f" {' '.join(re.findall(r'[a-z]+', text.lower()))} "
    for line in order.goods:
        words = re.findall(r"[a-z]+", line.name.partition(",")[0].lower())
        if words and f" {' '.join(words[-2:])} " in said:
            return True
    return False


# --- facts ------------------------------------------------------------------------


def _known(found: Iterator[tuple[str, str, str]]) -> Iterator[Fact]:
    """(kind, value, ref) as facts; empty values are not facts."""
    for kind, value, ref in found:
        if value:
            yield Fact(kind=kind, about=KINDS[kind], value=value, ref=ref)


def _facts(
    ticket: Ticket, orders: list[Order], order: Order | None
) -> Iterator[tuple[str, str, str]]:
    yield "shop", settings.SHOP_NAME, "shop:name"
    yield "ticket", f"#{ticket.pk}", f"ticket:{ticket.pk}"
    if ticket.customer:
        yield from _account_facts(ticket.customer)
    elif ticket.name:
        yield "customer", ticket.name, f"ticket:{ticket.pk}"
    if order:
        yield from _order_facts(order)
    else:
        others = orders if len(orders) <= MOST["other_order"] else ()
        for other in others:  # a list that is not complete would read as if it were
            yield "other_order", other.number, f"order:{other.number}"


def _account_facts(customer: Customer) -> Iterator[tuple[str, str, str]]:
    ref = f"customer:{customer.pk}"
    yield "customer", customer.name or customer.email, ref
    yield "since", _date(customer.since), ref
    count = customer.orders.count()
    yield "orders", str(count) if count else "", f"{ref}:orders"
    currencies = set(customer.orders.values_list("currency", flat=True))
    if len(currencies) == 1:  # sums across currencies would be no fact
        yield from _sums(customer, currencies.pop(), f"{ref}:orders")


def _sums(customer: Customer, currency: str, ref: str) -> Iterator[tuple[str, str, str]]:
    moved = Payment.objects.filter(order__customer=customer)
    captured = moved.filter(kind=Payment.Kind.CAPTURE).aggregate(total=Sum("amount"))
    back = moved.filter(kind=Payment.Kind.REFUND).aggregate(total=Sum("amount"), count=Count("pk"))
    yield "spent", _money(captured["total"], currency), ref
    if back["count"]:
        yield "refunds", str(back["count"]), ref
        yield "refunded", _money(back["total"], currency), ref


def _order_facts(order: Order) -> Iterator[tuple[str, str, str]]:
    ref = f"order:{order.number}"
    yield "order", order.number, ref
    yield "placed", _date(_day(order.placed_at)), ref
    yield "status", order.get_status_display().lower(), ref
    yield "promised", _date(_day(order.promised_at)), ref
    yield "delivered", _date(_day(order.delivered_at)), ref
    yield "tracking", order.tracking, ref
    yield "paid", _money(_paid(order, Payment.Kind.CAPTURE), order.currency), ref
    goods = [line for line in order.lines.all() if line.category != case.POSTAGE]
    if len(goods) <= MOST["item"]:  # as above
        yield from (("item", line.name, ref) for line in goods)


def _date(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


def _money(amount: Decimal | None, currency: str) -> str:
    return money(amount, currency) if amount else ""


# --- knobs ------------------------------------------------------------------------


def _intent(row: models.Intent) -> case.Intent:
    return case.Intent(
        slug=row.slug,
        name=row.name,
        description=row.description,
        phrases=tuple(row.phrases),
        money=row.money,
        dated_by_purchase=row.dated_by_purchase,
    )


def _phrase(row: models.Phrase) -> case.Phrase:
    return case.Phrase(
        text=row.text,
        required=row.rule == models.Phrase.Rule.HAS_TO,
        intent=row.intent.slug if row.intent else "",
    )


def _rule(row: RefundRule) -> case.Rule:
    return case.Rule(
        name=row.name,
        intents=tuple(row.intents),
        clause=row.clause,
        remedy=row.remedy,
        window_days=row.window_days,
        counts_from=row.counts_from,
        since=row.effective_from,
        until=row.effective_to,
        fee_percent=row.fee_percent,
        statuses=tuple(row.statuses),
        covers_final_sale=row.covers_final_sale,
        only_late=row.only_late,
        position=row.position,
    )
