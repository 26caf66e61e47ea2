"""One remedy for the lines that rules grant: its amount, its terms, and what stands in its way.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.contract.case import Line, Offer, Order, Rule
from triage.refunds.arithmetic import RefundPiece, Sum, compute_refund, is_fully_returned
from triage.refunds.eligibility import PHOTO, Ruling, compute_last_day, get_start_day

MONEY_BACK, REPLACEMENT = "refund", "replacement"
LOOK_AT_THE_PHOTO = "Look at the photo: does it show what is claimed?"
LEFT_OUT_REMARKS = {
    "FINAL_SALE": "FINAL_SALE_LEFT_OUT",
    "OUTSIDE_WINDOW": "LATE_LINES_LEFT_OUT",
    "RULE_GRANTS_NOTHING": "LINES_LEFT_OUT",
}


@dataclass(frozen=True)
class Obstacle:
    """What a person has to settle before there can be one amount."""

    question: str
    reason: str


@dataclass(frozen=True)
class Settlement:
    """What is given for all lines together; ``rule`` is that of the first line.

    ``terms`` are the rules as they were applied, by name, ``conditions`` what an approver has
    to be sure of, and ``remarks`` codes of what to look at.
    """

    rule: Rule
    total: Sum
    terms: Mapping[str, Mapping[str, Any]]
    conditions: tuple[str, ...]
    remarks: tuple[str, ...]
    needs_photo: bool


GrantedLines = Sequence[tuple[Ruling, Rule]]


def settle_lines(order: Order, rulings: Sequence[Ruling]) -> Settlement | Obstacle:
    """One remedy and amount for the lines that are granted, or why there is none."""
    granted = [(each, each.rule) for each in rulings if each.rule]
    if stop := _find_obstacle(order, granted):
        return stop
    rules = list(dict.fromkeys(rule for _, rule in granted))
    total = _compute_total(order, granted, rules)
    if total.amount <= 0:
        return build_nothing_left_obstacle(order)
    return Settlement(
        rule=rules[0],
        total=total,
        terms={rule.name: _build_terms(rule, order) for rule in rules},
        conditions=(*_iter_conditions(rules), *_iter_way_conditions(order, rules[0].remedy)),
        remarks=(*_iter_remarks(rulings, total), *_iter_way_remarks(order, rules[0].remedy)),
        needs_photo=any(rule.evidence == PHOTO for rule in rules),
    )


def _find_obstacle(order: Order, granted: GrantedLines) -> Obstacle | None:
    """Why no amount can be proposed for what is granted; None where one can."""
    if order.paid == 0:
        question = f"Nothing was paid for order {order.number} yet: what is to be done with it?"
        return Obstacle(question, "NOTHING_PAID")
    if order.amount_left <= 0:
        return build_nothing_left_obstacle(order)
    if stop := _find_unassigned_obstacle(order, granted):
        return stop
    if len({rule.remedy for _, rule in granted}) > 1:
        each = ", ".join(f"{rule.remedy} for {found.line.name}" for found, rule in granted)
        return Obstacle(f"The rules give {each}: how is it settled?", "REMEDIES_DIFFER")
    if stop := _find_whole_order_obstacle(order, granted):
        return stop
    for _, rule in granted:
        if rule.fee_amount and rule.currency != order.currency:
            fee = f"{rule.fee_amount} {rule.currency}"
            question = f"“{rule.name}” keeps back {fee}: how much is it in {order.currency}?"
            return Obstacle(question, "CURRENCIES_DIFFER")
    return None


def _find_unassigned_obstacle(order: Order, granted: GrantedLines) -> Obstacle | None:
    """What went back by a way that names no line may have been for these; None where all that is
    left goes back, whatever it was for, or nothing went back so.
    """
    gone = f"{order.unassigned} {order.currency} of order {order.number}"
    if order.charged_back:
        question = f"The customer's bank took back {gone}: is anything due beside that?"
        return Obstacle(question, "CHARGED_BACK")
    if not order.unassigned or is_fully_returned(order, _build_pieces(granted)):
        return None
    names = ", ".join(dict.fromkeys(each.line.name for each, _ in granted))
    question = f"{gone} went back already, and no row says for what: was it for {names}?"
    return Obstacle(question, "REFUNDED_ELSEWHERE")


def _find_whole_order_obstacle(order: Order, granted: GrantedLines) -> Obstacle | None:
    """What stands in the way of pieces of an order that goes back as a whole or not at all; None
    where nothing does.
    """
    whole = next((rule for _, rule in granted if rule.only_whole), None)
    if whole is None or is_fully_returned(order, _build_pieces(granted)):
        return None
    names = ", ".join(dict.fromkeys(each.line.name for each, _ in granted))
    question = (
        f"The message names {names}, and by “{whole.name}” only the whole order {order.number} "
        "goes back: does the customer want that?"
    )
    return Obstacle(question, "ONLY_WHOLE_ORDERS")


def build_nothing_left_obstacle(order: Order) -> Obstacle:
    """The obstacle that nothing of what was paid for an order is left to give back."""
    question = f"Nothing is left to give back of what was paid for order {order.number}."
    return Obstacle(question, "ALREADY_REFUNDED")


def _compute_total(order: Order, granted: GrantedLines, rules: Sequence[Rule]) -> Sum:
    """What all granted pieces come to; delivery only with the last of the order, and what was
    paid beyond its lines only where the rules are about an order as a whole."""
    pieces = _build_pieces(granted)
    money = rules[0].remedy != REPLACEMENT
    given_back = money and all(rule.gives_back_postage for rule in rules)
    postage = given_back and is_fully_returned(order, pieces)
    fees = [(rule.fee_amount, rule.clause) for rule in rules if rule.fee_amount]
    beyond = postage and all(rule.whole_order for rule in rules)
    return compute_refund(
        order, pieces, remedy=rules[0].remedy, fees=fees, postage=postage, beyond=beyond
    )


def _build_pieces(granted: GrantedLines) -> list[RefundPiece]:
    return [
        RefundPiece(
            index=each.index,
            quantity=each.quantity,
            fee_percent=rule.fee_percent,
            clause=rule.clause,
        )
        for each, rule in granted
    ]


def _iter_remarks(rulings: Iterable[Ruling], total: Sum) -> Iterator[str]:
    """What a person should look at before agreeing, as codes."""
    yield from (LEFT_OUT_REMARKS[each.reason] for each in rulings if not each.rule)
    if total.postage:
        yield "POSTAGE_INCLUDED"
    if total.spread > 0:
        yield "PAID_LESS_THAN_THE_LINES"
    if total.spread < 0:
        yield "PAID_BEYOND_THE_LINES"


def _iter_conditions(rules: Iterable[Rule]) -> Iterator[str]:
    """What no row can tell and an approver has to be sure of."""
    for rule in rules:
        if rule.evidence == PHOTO:
            yield LOOK_AT_THE_PHOTO
        if not rule.covers_opened:
            yield f"Be sure that it is unopened ({rule.clause})."
        if not rule.covers_used:
            yield f"Be sure that it is unused ({rule.clause})."


def iter_stock_conditions(lines: Iterable[Line], offers: Sequence[Offer]) -> Iterator[str]:
    """What is to be replaced and is not surely there to be sent."""
    known = {offer.sku: offer.available for offer in offers}
    for line in lines:
        if line.sku not in known:
            yield f"No row says whether {line.name} is in stock: be sure that one can be sent."
        elif not known[line.sku]:
            yield f"{line.name} is not on sale now: be sure that one can be sent."


def _iter_way_conditions(order: Order, remedy: str) -> Iterator[str]:
    """No row can tell by which of several ways money that came in by all of them goes back."""
    if remedy == MONEY_BACK and _is_paid_in_several_ways(order):
        ways = f"{', '.join(order.ways[:-1])} and {order.ways[-1]}"
        yield f"It was paid by {ways}: be sure how much goes back by which."


def _iter_way_remarks(order: Order, remedy: str) -> Iterator[str]:
    if remedy == MONEY_BACK and _is_paid_in_several_ways(order):
        yield "PAID_IN_SEVERAL_WAYS"


def _is_paid_in_several_ways(order: Order) -> bool:
    return len({way.casefold() for way in order.ways}) > 1


def _build_terms(rule: Rule, order: Order) -> dict[str, Any]:
    """The rule as it was applied, in values that stay as they are."""
    start, last = get_start_day(rule, order), compute_last_day(rule, order)
    return {
        "clause": rule.clause,
        "remedy": rule.remedy,
        "since": rule.since.isoformat(),
        "until": rule.until.isoformat() if rule.until else "",
        "window_days": rule.window_days,
        "counts_from": rule.counts_from,
        "start": start.isoformat() if start else "",
        "last_day": last.isoformat() if last else "",
        "currency": rule.currency,
        "fee_percent": str(rule.fee_percent),
        "fee_amount": str(rule.fee_amount),
        "gives_back_postage": rule.gives_back_postage,
        "only_whole": rule.only_whole,
        "only_asked": rule.only_asked,
        "evidence": rule.evidence,
        "auto_up_to": str(rule.auto_up_to),
    }
