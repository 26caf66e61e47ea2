"""From rows to values: everything the steps may know of a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from approvals.models import Refund
from tickets.models import Customer, Offer, Order, Payment, Ticket
from triage.contract import case
from triage.contract.case import Case, Fact
from triage.contract.fact_types import FACT_KINDS, MAX_SLOTS_BY_KIND, format_money
from triage.nlu import Document
from triage.nlu.order_mentions import Verdict, find_order_mentions
from triage.pipeline.configuration import Configuration, load_configuration
from triage.pipeline.currencies import get_decimal_places
from triage.pipeline.customer_history import (
    COMMITTED_STATES,
    Account,
    load_account,
)
from triage.pipeline.injection_reading import read_injections
from triage.pipeline.prior_decision import find_prior_decision
from triage.pipeline.ticket_thread import load_thread
from triage.pipeline.understanding import TicketRows, understand_ticket
from triage.steps.classify import is_in_audit_sample
from triage.steps.classify import step as classify

MAX_RECENT_ORDERS = 20
CAPTURE = Payment.Kind.CAPTURE
CHARGEBACK_WORDS = ("chargeback", "dispute")


def build_case(
    ticket: Ticket, known: Configuration | None = None, *, before: int | None = None
) -> Case:
    """The ticket with its customer, orders, rules and taxonomy as they are now, or were when
    they were ``known``; its thread as it was ``before`` the message of that id.
    """
    return understand_ticket(load_ticket_rows(ticket, known or load_configuration(), before))


def load_ticket_rows(ticket: Ticket, known: Configuration, before: int | None = None) -> TicketRows:
    """Everything the steps may know of a ticket, as values, whatever its message says."""
    decided = find_prior_decision(ticket)
    thread = load_thread(ticket, again=decided is not None, before=before)
    account = load_account(ticket.customer) if ticket.customer else None
    message = f"{ticket.subject}\n{thread.text}"
    rows = _load_orders(account, message, thread.quoted) if account else []
    return TicketRows(
        case=Case(
            ticket=ticket.pk,
            subject=ticket.subject,
            text=thread.text,
            received=timezone.localdate(thread.since),
            customer=ticket.customer.name if ticket.customer else ticket.name,
            orders=tuple(build_order(row, ticket) for row in rows),
            offers=tuple(iter_offers(rows)),
            intents=known.intents,
            rules=known.rules,
            phrases=known.phrases,
            marks=thread.marks,
            audited=is_in_audit_sample(ticket.pk, known.get_audit_share(classify)),
            photos=thread.photos,
            earlier=thread.earlier,
            standing=_build_standing(ticket.customer, account),
            settled=decided,
            hides_words=thread.hides_words,
            injected=read_injections(ticket.subject, thread.text),
            replies=known.replies,
            channel=ticket.channel,
            is_answered=thread.is_answered,
        ),
        facts=tuple(_build_facts(_iter_ticket_facts(ticket, account))),
        sender=tuple(_build_facts(_iter_sender_facts(ticket))),
        order_facts={row.number: tuple(_build_facts(_iter_order_facts(row))) for row in rows},
        other_orders=tuple(_build_facts(_iter_other_orders(rows))),
        large=known.large_amounts if ticket.customer else {},
        quoted=thread.quoted,
    )


def _build_standing(customer: Customer | None, account: Account | None) -> case.Standing:
    """The customer's refund history; what is a large amount depends on the order."""
    if customer is None or account is None:
        return case.Standing()
    return case.Standing(refunds=account.recent_refunds, since=customer.since)


def _load_orders(account: Account, text: str, quoted: str = "") -> list[Order]:
    """The orders that the text names, however old, those it may name, then the newest; those
    that quoted mails name are among them.
    """
    numbers = list(account.orders)
    ranks = _rank_named_orders(Document.read(text), numbers)
    recent = [*numbers[:MAX_RECENT_ORDERS], *_list_quoted_orders(quoted, numbers)]
    rows = Order.objects.filter(pk__in=[account.orders[number] for number in (*recent, *ranks)])
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


def iter_offers(rows: Sequence[Order]) -> Iterator[case.Offer]:
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


def _iter_ticket_facts(ticket: Ticket, account: Account | None) -> Iterator[tuple[str, str, str]]:
    yield "shop", settings.SHOP_NAME, "shop:name"
    yield "ticket", f"#{ticket.pk}", f"ticket:{ticket.pk}"
    if ticket.customer and account:
        yield from _iter_account_facts(ticket.customer, account)


def _iter_sender_facts(ticket: Ticket) -> Iterator[tuple[str, str, str]]:
    """The name of a sender without account, which may be anything they wrote."""
    if not ticket.customer:
        yield "customer", ticket.name, f"ticket:{ticket.pk}"


def _iter_other_orders(orders: list[Order]) -> Iterator[tuple[str, str, str]]:
    """The numbers of all orders: a list that is not complete would read as if it were."""
    if len(orders) <= MAX_SLOTS_BY_KIND["other_order"]:
        for order in orders:
            yield "other_order", order.number, f"order:{order.number}"


def _iter_account_facts(customer: Customer, account: Account) -> Iterator[tuple[str, str, str]]:
    ref = f"customer:{customer.pk}"
    yield "customer", customer.name or customer.email, ref
    yield "since", _format_date(customer.since), ref
    yield "orders", str(len(account.orders) or ""), f"{ref}:orders"
    if len(account.currencies) == 1:  # sums across currencies would be no fact
        yield from _iter_payment_sums(account, f"{ref}:orders")


def _iter_payment_sums(account: Account, ref: str) -> Iterator[tuple[str, str, str]]:
    (currency,) = account.currencies
    yield "spent", _format_amount(account.spent, currency), ref
    if account.returns:
        yield "refunds", str(account.returns), ref
        yield "refunded", _format_amount(account.returned, currency), ref


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
