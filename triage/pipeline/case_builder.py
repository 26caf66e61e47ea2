"""From rows to values: everything the steps may know of a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.formats import date_format

from approvals.models import Refund, RefundRule
from tickets.mail.automated import combine_marks, find_header_marks
from tickets.models import Attachment, Customer, Offer, Order, Payment, Ticket
from triage import models
from triage.contract import case
from triage.contract.case import Case, Fact
from triage.contract.fact_types import FACT_KINDS, MAX_SLOTS_BY_KIND, format_money
from triage.nlu import Document
from triage.nlu.order_mentions import Verdict, find_order_mentions
from triage.pipeline.currencies import get_decimal_places
from triage.pipeline.customer_history import (
    COMMITTED_STATES,
    load_customer_text,
    load_large_amounts,
    load_quoted_text,
    load_standing,
)
from triage.pipeline.prior_decision import find_prior_decision
from triage.pipeline.understanding import TicketRows, understand_ticket
from triage.steps.classify import is_in_audit_sample
from triage.steps.classify import step as classify

MAX_RECENT_ORDERS = 20
CAPTURE = Payment.Kind.CAPTURE
CHARGEBACK_WORDS = ("chargeback", "dispute")


def build_case(ticket: Ticket) -> Case:
    """The ticket with its customer, orders, rules and taxonomy as they are now."""
    rows = load_ticket_rows(ticket)
    return understand_ticket(rows)


def load_ticket_rows(ticket: Ticket) -> TicketRows:
    """Everything the steps may know of a ticket, as values, whatever its message says."""
    decided = find_prior_decision(ticket)
    received, text, marks, photos = _collect_unanswered(ticket, again=decided is not None)
    quoted = load_quoted_text(ticket)
    rows = _find_orders(ticket.customer, f"{ticket.subject}\n{text}", quoted)
    return TicketRows(
        case=Case(
            ticket=ticket.pk,
            subject=ticket.subject,
            text=text,
            received=timezone.localdate(received),
            customer=ticket.customer.name if ticket.customer else ticket.name,
            orders=tuple(build_order(row, ticket) for row in rows),
            offers=tuple(_iter_offers(rows)),
            intents=tuple(map(_build_intent, models.Intent.objects.filter(active=True))),
            rules=tuple(map(_build_rule, RefundRule.objects.filter(active=True))),
            phrases=tuple(map(_build_phrase, _load_phrases())),
            marks=marks,
            audited=is_in_audit_sample(ticket.pk, _get_audit_share()),
            photos=photos,
            earlier=load_customer_text(ticket),
            standing=load_standing(ticket.customer),
            settled=decided,
            hides_words=ticket.messages.filter(direction="in").exclude(hidden="").exists(),
        ),
        facts=tuple(_build_facts(_iter_ticket_facts(ticket))),
        sender=tuple(_build_facts(_iter_sender_facts(ticket))),
        order_facts={row.number: tuple(_build_facts(_iter_order_facts(row))) for row in rows},
        other_orders=tuple(_build_facts(_iter_other_orders(rows))),
        large=load_large_amounts() if ticket.customer else {},
        quoted=quoted,
    )


def _load_phrases() -> Iterable[models.Phrase]:
    return models.Phrase.objects.filter(active=True).select_related("intent")


def _get_audit_share() -> float:
    row = models.Limit.objects.filter(step=classify.name, name="audit").first()
    return row.value if row else classify.limits["audit"]


def _collect_unanswered(
    ticket: Ticket, *, again: bool
) -> tuple[datetime, str, tuple[str, ...], int]:
    """What the customer wrote since our last answer, when the first of it was written, what
    the mails' headers say of it, and how many pictures came with it.

    ``again``: it is to be answered once more, also where an answer went out already. In the
    order of arrival: a mail dated before our answer may have come in after it.
    """
    spoken = ticket.messages.exclude(direction="note").order_by("pk")
    if spoken.filter(direction="in", automatic=False).exists():
        spoken = spoken.exclude(automatic=True)  # an absence note or a bounce asks nothing
    waiting: list[tuple[int, datetime, str, tuple[str, ...]]] = []
    unanswered = False
    for pk, direction, at, text, sender, raw in spoken.values_list(
        "pk", "direction", "at", "text", "sender", "raw"
    ):
        came = (pk, at, text, find_header_marks(sender or ticket.email, bytes(raw or b"")))
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
    return since, text, combine_marks([marks for *_, marks in waiting]), photos.count()


def _find_orders(customer: Customer | None, text: str, quoted: str = "") -> list[Order]:
    """The orders that the text names, however old, those it may name, then the newest; those
    that quoted mails name are among them.
    """
    if customer is None:
        return []
    keys = dict(customer.orders.order_by("-placed_at", "-id").values_list("number", "pk"))
    ranks = _rank_named_orders(Document.read(text), list(keys))
    recent = [*list(keys)[:MAX_RECENT_ORDERS], *_list_quoted_orders(quoted, list(keys))]
    rows = customer.orders.filter(pk__in=[keys[number] for number in (*recent, *ranks)])
    found = rows.order_by("-placed_at", "-id").prefetch_related("lines", "payments", "refunds")
    return sorted(found, key=lambda row: ranks.get(row.number, len(Verdict)))


def _list_quoted_orders(quoted: str, numbers: list[str]) -> list[str]:
    """The orders that quoted mails surely name, by their numbers."""
    ranks = _rank_named_orders(Document.read(quoted), numbers) if quoted else {}
    return [number for number, rank in ranks.items() if rank == 0]


def _rank_named_orders(message: Document, numbers: list[str]) -> dict[str, int]:
    """The orders by their numbers in a message: 0 those that are named, 1 those that may be."""
    ranks: dict[str, int] = {}
    for mention in find_order_mentions(message, numbers):
        rank = 0 if mention.verdict == Verdict.NAMED else 1
        for number in mention.numbers:
            ranks[number] = min(rank, ranks.get(number, rank))
    return ranks


def build_order(row: Order, ticket: Ticket | None = None) -> case.Order:
    """The row as a value; what is approved but not yet paid out counts as refunded.

    Requests of other tickets than ``ticket`` that still wait show as ``asked_elsewhere``.
    """
    refunds = [refund for refund in row.refunds.all() if not refund.seeded]
    committed = [refund.amount for refund in refunds if refund.state in COMMITTED_STATES]
    refunded = _sum_payments(row, Payment.Kind.REFUND) + sum(committed, Decimal(0))
    known = [refund.amount for refund in refunds if refund.lines and _is_given(refund)]
    waiting = [refund for refund in refunds if refund.state == Refund.State.PENDING]
    return case.Order(
        number=row.number,
        status=row.status,
        currency=row.currency,
        lines=tuple(_iter_lines(row, refunds)),
        paid=_sum_payments(row, Payment.Kind.CAPTURE),
        refunded=refunded,
        placed=_convert_to_date(row.placed_at),
        promised=_convert_to_date(row.promised_at),
        delivered=_convert_to_date(row.delivered_at),
        places=get_decimal_places(row.currency),
        asked_elsewhere=any(ticket and refund.ticket_id != ticket.pk for refund in waiting),
        ways=tuple(sorted({p.method for p in row.payments.all() if p.kind == CAPTURE} - {""})),
        unassigned=max(refunded - sum(known, Decimal(0)), Decimal(0)),
        charged_back=any(_is_chargeback(payment) for payment in row.payments.all()),
    )


def _is_given(refund: Refund) -> bool:
    """Whether its money went back, or is approved to."""
    return refund.state in [*COMMITTED_STATES, Refund.State.EXECUTED] or bool(refund.reference)


def _is_chargeback(payment: Payment) -> bool:
    """Whether the bank took it back, by the word for it, with or without blanks and hyphens."""
    said = "".join(filter(str.isalpha, payment.method.casefold()))
    return payment.kind == Payment.Kind.REFUND and any(word in said for word in CHARGEBACK_WORDS)


def _iter_lines(row: Order, refunds: list[Refund]) -> Iterator[case.Line]:
    """The lines in their order, with the pieces whose money went back or is approved to."""
    back: Counter[tuple[str, str]] = Counter()
    for refund in refunds:
        if _is_given(refund):
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


def _iter_offers(rows: list[Order]) -> Iterator[case.Offer]:
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


def _sum_payments(row: Order, kind: str) -> Decimal:
    return sum((p.amount for p in row.payments.all() if p.kind == kind), Decimal("0.00"))


def _convert_to_date(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def _build_facts(found: Iterator[tuple[str, str, str]]) -> Iterator[Fact]:
    """(kind, value, ref) as facts; empty values are not facts."""
    for kind, value, ref in found:
        if value:
            yield Fact(kind=kind, about=FACT_KINDS[kind], value=value, ref=ref)


def _iter_ticket_facts(ticket: Ticket) -> Iterator[tuple[str, str, str]]:
    yield "shop", settings.SHOP_NAME, "shop:name"
    yield "ticket", f"#{ticket.pk}", f"ticket:{ticket.pk}"
    if ticket.customer:
        yield from _iter_account_facts(ticket.customer)


def _iter_sender_facts(ticket: Ticket) -> Iterator[tuple[str, str, str]]:
    """The name of a sender without account, which may be anything they wrote."""
    if not ticket.customer:
        yield "customer", ticket.name, f"ticket:{ticket.pk}"


def _iter_other_orders(orders: list[Order]) -> Iterator[tuple[str, str, str]]:
    """The numbers of all orders: a list that is not complete would read as if it were."""
    if len(orders) <= MAX_SLOTS_BY_KIND["other_order"]:
        for order in orders:
            yield "other_order", order.number, f"order:{order.number}"


def _iter_account_facts(customer: Customer) -> Iterator[tuple[str, str, str]]:
    ref = f"customer:{customer.pk}"
    yield "customer", customer.name or customer.email, ref
    yield "since", _format_date(customer.since), ref
    count = customer.orders.count()
    yield "orders", str(count) if count else "", f"{ref}:orders"
    currencies = set(customer.orders.values_list("currency", flat=True))
    if len(currencies) == 1:  # sums across currencies would be no fact
        yield from _iter_payment_sums(customer, currencies.pop(), f"{ref}:orders")


def _iter_payment_sums(
    customer: Customer, currency: str, ref: str
) -> Iterator[tuple[str, str, str]]:
    moved = Payment.objects.filter(order__customer=customer)
    captured = moved.filter(kind=Payment.Kind.CAPTURE).aggregate(total=Sum("amount"))
    money = moved.filter(kind=Payment.Kind.REFUND).exclude(method=Payment.REPLACEMENT)
    back = money.aggregate(total=Sum("amount"), count=Count("pk"))
    yield "spent", _format_amount(captured["total"], currency), ref
    if back["count"]:
        yield "refunds", str(back["count"]), ref
        yield "refunded", _format_amount(back["total"], currency), ref


def _iter_order_facts(order: Order) -> Iterator[tuple[str, str, str]]:
    ref = f"order:{order.number}"
    yield "order", order.number, ref
    yield "placed", _format_date(_convert_to_date(order.placed_at)), ref
    yield "status", order.get_status_display().lower(), ref
    yield "promised", _format_date(_convert_to_date(order.promised_at)), ref
    yield "delivered", _format_date(_convert_to_date(order.delivered_at)), ref
    yield "tracking", order.tracking, ref
    yield "paid", _format_amount(_sum_payments(order, Payment.Kind.CAPTURE), order.currency), ref
    goods = [line for line in order.lines.all() if line.category != case.POSTAGE_CATEGORY]
    if len(goods) <= MAX_SLOTS_BY_KIND["item"]:  # as above
        yield from (("item", line.name, ref) for line in goods)


def _format_date(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


def _format_amount(amount: Decimal | None, currency: str) -> str:
    return format_money(amount, currency) if amount else ""


def _build_intent(row: models.Intent) -> case.Intent:
    return case.Intent(
        slug=row.slug,
        name=row.name,
        description=row.description,
        phrases=tuple(row.phrases),
        money=row.money,
        dated_by_purchase=row.dated_by_purchase,
        needs_policy=row.needs_policy,
    )


def _build_phrase(row: models.Phrase) -> case.Phrase:
    return case.Phrase(
        text=row.text,
        required=row.rule == models.Phrase.Rule.HAS_TO,
        intent=row.intent.slug if row.intent else "",
    )


def _build_rule(row: RefundRule) -> case.Rule:
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
