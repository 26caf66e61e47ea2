"""From rows to a Case: everything the steps may know of a ticket, as values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.formats import date_format

from approvals.models import Refund, RefundRule
from tickets.mail.automated import in_all, marks_of
from tickets.models import Attachment, Customer, Offer, Order, Payment, Ticket
from triage import models
from triage.contract import case
from triage.contract.case import Case, Fact
from triage.contract.fact_types import KINDS, MOST, money
from triage.guardrails.commitments.sentence_reading import speaks_of_money_back
from triage.nlu import order_meant
from triage.nlu.entities import bare, called_orders, plain
from triage.nlu.prompt_injection import orders_in
from triage.pipeline.currencies import places
from triage.pipeline.customer_history import COMMITTED, said_by, standing_of
from triage.pipeline.prior_decision import settled
from triage.steps.classify import drawn
from triage.steps.classify import step as classify

RECENT_ORDERS = 20
A_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?")
LONGEST_NAME = 60
CAPTURE = Payment.Kind.CAPTURE


def case_for(ticket: Ticket) -> Case:
    """The ticket with its customer, orders, rules and taxonomy as they are now."""
    decided = settled(ticket)
    received, text, marks, photos = _unanswered(ticket, again=decided is not None)
    rows = _orders(ticket.customer, f"{ticket.subject}\n{text}")
    orders = tuple(order_of(row, ticket) for row in rows)
    meant = order_meant(f"{ticket.subject}\n{text}", orders, timezone.localdate(received))
    order = meant.order
    row = next((row for row in rows if order and row.number == order.number), None)
    return Case(
        ticket=ticket.pk,
        subject=ticket.subject,
        text=text,
        received=timezone.localdate(received),
        customer=ticket.customer.name if ticket.customer else ticket.name,
        orders=orders,
        order=order,
        order_because=meant.because,
        order_confidence=meant.confidence if orders else None,
        order_alternatives=meant.alternatives,
        order_question=meant.question,
        offers=tuple(_offers(rows)),
        facts=tuple(_known(_facts(ticket, rows, row))),
        intents=tuple(map(_intent, models.Intent.objects.filter(active=True))),
        rules=tuple(map(_rule, RefundRule.objects.filter(active=True))),
        phrases=tuple(
            map(_phrase, models.Phrase.objects.filter(active=True).select_related("intent"))
        ),
        marks=marks,
        audited=drawn(ticket.pk, _audit_share()),
        photos=photos,
        earlier=said_by(ticket),
        standing=standing_of(ticket.customer, order),
        settled=decided,
    )


def _audit_share() -> float:
    row = models.Limit.objects.filter(step=classify.name, name="audit").first()
    return row.value if row else classify.limits["audit"]


def _unanswered(ticket: Ticket, *, again: bool) -> tuple[datetime, str, tuple[str, ...], int]:
    """What the customer wrote since our last answer, when the first of it was written, what
    the mails' headers say of it, and how many pictures came with it.

    ``again``: it is to be answered once more, also where an answer went out already. In the
    order of arrival: a mail dated before our answer may have come in after it.
    """
    spoken = ticket.messages.exclude(direction="note").order_by("pk")
    waiting: list[tuple[int, datetime, str, tuple[str, ...]]] = []
    unanswered = False
    for pk, direction, at, text, sender, raw in spoken.values_list(
        "pk", "direction", "at", "text", "sender", "raw"
    ):
        came = (pk, at, text, marks_of(sender or ticket.email, bytes(raw or b"")))
        if direction == "in":
            waiting = [*waiting, came] if unanswered else [came]
        unanswered = direction == "in"
    if not (unanswered or again):
        waiting = []
    since = min((at for _, at, _, _ in waiting), default=ticket.received_at)
    text = "\n\n".join(text for _, _, text, _ in waiting)
    photos = Attachment.objects.filter(
        message__in=[pk for pk, *_ in waiting], content_type__startswith="image/"
    )
    return since, text, in_all([marks for *_, marks in waiting]), photos.count()


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


def order_of(row: Order, ticket: Ticket | None = None) -> case.Order:
    """The row as a value; what is approved but not yet paid out counts as refunded.

    Requests of other tickets than ``ticket`` that still wait are told.
    """
    refunds = [refund for refund in row.refunds.all() if not refund.seeded]
    committed = [refund.amount for refund in refunds if refund.state in COMMITTED]
    waiting = [refund for refund in refunds if refund.state == Refund.State.PENDING]
    return case.Order(
        number=row.number,
        status=row.status,
        currency=row.currency,
        lines=tuple(_lines(row, refunds)),
        paid=_paid(row, Payment.Kind.CAPTURE),
        refunded=_paid(row, Payment.Kind.REFUND) + sum(committed, Decimal(0)),
        placed=_day(row.placed_at),
        promised=_day(row.promised_at),
        delivered=_day(row.delivered_at),
        places=places(row.currency),
        asked_elsewhere=any(ticket and refund.ticket_id != ticket.pk for refund in waiting),
        ways=tuple(sorted({p.method for p in row.payments.all() if p.kind == CAPTURE} - {""})),
    )


def _lines(row: Order, refunds: list[Refund]) -> Iterator[case.Line]:
    """The lines in their order, with the pieces whose money went back or is approved to."""
    back: Counter[tuple[str, str]] = Counter()
    for refund in refunds:
        if refund.state in [*COMMITTED, Refund.State.EXECUTED] or refund.reference:
            for part in refund.lines:
                back[part["sku"], part["name"]] += part["quantity"]
    for line in sorted(row.lines.all(), key=lambda line: line.pk):
        returned = min(back[line.sku, line.name], line.quantity)
        back[line.sku, line.name] -= returned
        yield case.Line(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            price=line.unit_price,
            category=line.category,
            final_sale=line.final_sale,
            tax=line.tax,
            returned=returned,
        )


def _offers(rows: list[Order]) -> Iterator[case.Offer]:
    """What is sold now of the kinds of things in these orders, in the orders' currencies."""
    bought = {line.sku for row in rows for line in row.lines.all() if line.sku}
    products = Offer.objects.filter(sku__in=bought).values("product")
    found = Offer.objects.filter(product__in=products, currency__in={row.currency for row in rows})
    for row in found.order_by("sku"):
        yield case.Offer(
            sku=row.sku,
            product=row.product,
            name=row.name,
            price=row.unit_price,
            available=row.available,
        )


def _paid(row: Order, kind: str) -> Decimal:
    return sum((p.amount for p in row.payments.all() if p.kind == kind), Decimal("0.00"))


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def _said(text: str) -> set[str]:
    """The words of a text, and each with its next: "HP 1042" is a number too."""
    words = re.sub(r"[\W_]", " ", text.casefold()).split()
    return {*words, *(a + b for a, b in zip(words, words[1:], strict=False))}


def _names(said: set[str], number: str) -> bool:
    """Whether an order's number is among the words, with or without its letters."""
    return plain(number) in said or bare(number) in said


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
    elif _is_a_name(ticket.name):
        yield "customer", ticket.name, f"ticket:{ticket.pk}"
    if order:
        yield from _order_facts(order)
    else:
        others = orders if len(orders) <= MOST["other_order"] else ()
        for other in others:  # a list that is not complete would read as if it were
            yield "other_order", other.number, f"order:{other.number}"


def _is_a_name(written: str) -> bool:
    """Whether a stranger calls themselves by a name and not by a sentence: we greet them by it."""
    fits = len(written) <= LONGEST_NAME and A_NAME.fullmatch(written)
    return bool(fits) and not (speaks_of_money_back(written) or orders_in(written))


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
        needs_policy=row.needs_policy,
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
        currency=row.currency,
        fee_percent=row.fee_percent,
        fee_amount=row.fee_amount,
        gives_back_postage=row.gives_back_postage,
        whole_order=row.whole_order,
        only_whole=row.only_whole,
        statuses=tuple(row.statuses),
        categories=tuple(row.categories),
        exclusion_clause=row.exclusion_clause,
        covers_final_sale=row.covers_final_sale,
        covers_opened=row.covers_opened,
        covers_used=row.covers_used,
        only_late=row.only_late,
        only_asked=row.only_asked,
        evidence=row.evidence,
        auto_up_to=row.auto_up_to,
        position=row.position,
    )
