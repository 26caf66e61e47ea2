"""The features by which an order can be recognised in a text, and what each of them weighs.

Pure. See ``order_linking`` for how they are added up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from triage.contract.case import Order
from triage.nlu.dates import ROLE_DELIVERED, ROLE_PLACED, Period, find_periods
from triage.nlu.document import Document
from triage.nlu.entities import normalize_value, strip_order_prefix
from triage.nlu.item_names import (
    FULL_NAME,
    HEAD_NOUN,
    NAME_PART,
    NEAR_FULL_NAME,
    find_mentions,
    find_unique_words,
    get_name_head,
    list_words,
)
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.order_mentions import OrderMention, Verdict, find_order_mentions
from triage.nlu.requests import RequestKind, collect_kinds, find_requests
from triage.nlu.value_patterns import AMOUNT

WEIGHTS: Final = {
    "number": 9.0,
    "nearly the number": 3.0,
    "perhaps the number": 1.0,
    FULL_NAME: 3.5,
    NEAR_FULL_NAME: 3.0,
    HEAD_NOUN: 2.6,
    NAME_PART: 1.2,
    "a variant": 0.8,
    "another variant": -1.5,
    "another order has the item": -2.5,
    "the day": 4.0,
    "about the day": 2.5,
    "another day": -2.0,
    "the sum paid": 4.0,
    "a price": 3.0,
    "no such sum": -0.5,
    "the state fits": 1.0,
    "the state does not fit": -1.5,
    "the newest": 2.0,
    "the only one": 3.0,
    "within two weeks": 0.8,
    "within two months": 0.4,
    "over a year ago": -0.8,
    "none of these": 0.5,
    "a number of none": 4.0,
}
"""Natural logarithms of likelihood ratios, set by hand; the demo's tickets (tests) and ``make
bench-refunds`` measure how often the order chosen is the right one."""
FEATURE_EXPLANATIONS: Final = {
    "nearly the number": "its number is nearly the one in the message",
    "perhaps the number": "its number may be the one in the message",
    FULL_NAME: "it has the item in the message",
    NEAR_FULL_NAME: "it has the item in the message",
    HEAD_NOUN: "it has such an item",
    NAME_PART: "it has such an item",
    "the day": "it is of the day in the message",
    "about the day": "it is of about the time in the message",
    "the sum paid": "it cost the sum in the message",
    "a price": "it has the price in the message",
    "the state fits": "its state fits the message",
    "the newest": "it is the newest",
    "the only one": "the customer's only order",
}
"""What a sign is called where a person reads it."""


OPEN_STATUSES: Final = frozenset({"pending", "paid"})
SAID: Final = load_groups(LEXICONS / "orders.toml", plain_spaces=True)
NEWEST_ORDER: Final = re.compile(
    rf"\b(?:{SAID['newest']}|{SAID['lately']} (?:\w{{1,12}} )?{SAID['ordered']}"
    rf"|{SAID['most_recently']})\b",
    re.IGNORECASE,
)
STATE_PATTERNS: Final = {
    "pending": (SAID["pending"], OPEN_STATUSES),
    "delivered": (SAID["delivered"], frozenset({"delivered", "returned"})),
    "on its way": (
        rf"{SAID['not_yet']}\W(?:\w{{1,12}}\W){{0,3}}{SAID['arrived']}",
        frozenset({"pending", "paid", "shipped"}),
    ),
}
"""What is said of an order's state: the words, and the states they fit."""
SUM: Final = re.compile(rf"{AMOUNT}|(?<![\w.,])\d{{1,6}}[.,]\d\d(?![\w.,]\d|\w)", re.IGNORECASE)


@dataclass(frozen=True)
class MessageFeatures:
    """The features of a message, read once for all orders.

    ``named`` are the orders whose numbers it says, ``unsure`` those whose numbers may stand in
    it for something else, as it is written in ``unsure_words``; ``strange`` are numbers of
    orders that are none of the customer's.
    """

    words: tuple[str, ...]
    named: tuple[Order, ...]
    unsure: tuple[Order, ...]
    unsure_words: tuple[str, ...]
    strange: tuple[str, ...]
    periods: tuple[Period, ...]
    sums: frozenset[Decimal]
    states: tuple[str, ...]
    newest: bool
    wished: frozenset[RequestKind]
    received: date

    @classmethod
    def extract(
        cls,
        document: Document,
        orders: Sequence[Order],
        received: date,
        tickets: Collection[str] = (),
    ) -> MessageFeatures:
        text = document.text
        found = find_order_mentions(document, [order.number for order in orders], tickets)
        named = _select_orders(orders, found, Verdict.NAMED)
        unsure = tuple(o for o in _select_orders(orders, found, Verdict.UNSURE) if o not in named)
        return cls(
            words=list_words(document),
            named=named,
            unsure=unsure,
            unsure_words=_list_written(found, Verdict.UNSURE),
            strange=_list_written(found, Verdict.STRANGE),
            periods=find_periods(document, received),
            sums=_parse_sums(text),
            states=tuple(_iter_states(text)),
            newest=bool(NEWEST_ORDER.search(text)),
            wished=collect_kinds(find_requests(document)),
            received=received,
        )


def _select_orders(
    orders: Sequence[Order], found: Iterable[OrderMention], verdict: Verdict
) -> tuple[Order, ...]:
    numbers = {number for each in found if each.verdict == verdict for number in each.numbers}
    return tuple(order for order in orders if order.number in numbers)


def _list_written(found: Iterable[OrderMention], verdict: Verdict) -> tuple[str, ...]:
    written = (each.written.lstrip("#＃") for each in found if each.verdict == verdict)
    return tuple(dict.fromkeys(written))


def _iter_states(text: str) -> Iterator[str]:
    for state, (words, _) in STATE_PATTERNS.items():
        if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE):
            yield state


def _parse_sums(text: str) -> frozenset[Decimal]:
    found = set()
    for match in SUM.finditer(text):
        digits = re.sub(r"[^\d.,]", "", match.group()).strip(".,")
        digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", digits).replace(",", ".")
        if re.fullmatch(r"\d{1,9}(?:\.\d{1,2})?", digits):
            found.add(Decimal(digits))
    return frozenset(found)


def compare_features(
    said: MessageFeatures, order: Order, orders: Sequence[Order], items: dict[str, list[str]]
) -> Iterator[str]:
    """The features that agree or disagree with this order, by their names in ``WEIGHTS``."""
    yield from _compare_number(said, order)
    own = items[order.number]
    yield from own
    if not own and any(items.values()):
        yield "another order has the item"
    yield from _compare_dates(said, order, orders)
    yield from _compare_sum(said, order)
    yield from _compare_state(said, order)
    yield from _compare_age(said, order, orders)


def _compare_number(said: MessageFeatures, order: Order) -> Iterator[str]:
    if order in said.named:
        yield "number"
    elif any(_is_near_number(strange, order.number) for strange in said.strange):
        yield "nearly the number"
    elif order in said.unsure:
        yield "perhaps the number"


def _is_near_number(strange: str, number: str) -> bool:
    """Whether one figure is wrong, or two are in the wrong order."""
    said = normalize_value(strange)
    for own in (normalize_value(number), strip_order_prefix(number)):
        if len(own) == len(said):
            wrong = [place for place in range(len(own)) if own[place] != said[place]]
            swapped = len(wrong) == 2 and sorted(own) == sorted(said)
            if len(wrong) == 1 or swapped:
                return True
    return False


def compare_items(said: MessageFeatures, orders: Sequence[Order]) -> dict[str, list[str]]:
    """For each order, by its number, the features of its items that are named: of each item the
    plainest.
    """
    unique = find_unique_words([line.name for order in orders for line in order.returnable_lines])
    found: dict[str, list[str]] = {}
    told = _count_named_variants(said, orders)
    for order in orders:
        signs: list[str] = []
        for line in order.returnable_lines:
            named = find_mentions(said.words, line.name, unique[line.name])
            if named:
                best = max(named, key=lambda each: (WEIGHTS[each.how], each.variants))
                signs += [best.how, *(["a variant"] * min(best.variants, 3))]
                signs += ["another variant"] * (best.variants < told[get_name_head(line.name)])
        found[order.number] = signs[:6]
    return found


def _count_named_variants(
    said: MessageFeatures, orders: Sequence[Order]
) -> dict[tuple[str, ...], int]:
    """For each kind of item the most words of a variant that stand by its naming."""
    told: dict[tuple[str, ...], int] = {}
    for order in orders:
        for line in order.returnable_lines:
            most = max((each.variants for each in find_mentions(said.words, line.name)), default=0)
            told[get_name_head(line.name)] = max(told.get(get_name_head(line.name), 0), most)
    return told


def _compare_dates(said: MessageFeatures, order: Order, orders: Sequence[Order]) -> Iterator[str]:
    """The feature of the days; a day counts against an order only where it fits another one."""
    misses = [
        miss for period in said.periods if (miss := _count_days_missed(period, order)) is not None
    ]
    if not misses:
        return
    if min(misses) == 0:
        exact = any(p.first == p.last and _count_days_missed(p, order) == 0 for p in said.periods)
        yield "the day" if exact else "about the day"
    elif min(misses) <= 2:
        yield "about the day"
    elif any(_count_days_missed(period, other) == 0 for period in said.periods for other in orders):
        yield "another day"


def _count_days_missed(period: Period, order: Order) -> int | None:
    """By how many days a period misses the days of an order that it can be about; None where the
    order has none.
    """
    days = {ROLE_PLACED: (order.placed,), ROLE_DELIVERED: (order.delivered,)}.get(
        period.role, (order.placed, order.delivered)
    )
    return min(
        (miss for day in days if (miss := period.count_days_off(day)) is not None), default=None
    )


def _compare_sum(said: MessageFeatures, order: Order) -> Iterator[str]:
    if not said.sums:
        return
    prices = {
        price
        for line in order.returnable_lines
        for price in (line.price, line.price * line.quantity)
    }
    if order.paid in said.sums:
        yield "the sum paid"
    elif prices & said.sums:
        yield "a price"
    else:
        yield "no such sum"


def _compare_state(said: MessageFeatures, order: Order) -> Iterator[str]:
    """The feature of the state: by what is said of it, else by what is requested, as what is open
    can be called off.
    """
    fits = [order.status in STATE_PATTERNS[state][1] for state in said.states]
    if not fits and said.wished == {RequestKind.CANCEL}:
        fits = [order.status in OPEN_STATUSES]
    if not fits and RequestKind.RETURN in said.wished:
        fits = [order.status == "delivered"]
    if fits:
        yield "the state fits" if any(fits) else "the state does not fit"


def _compare_age(said: MessageFeatures, order: Order, orders: Sequence[Order]) -> Iterator[str]:
    if len(orders) == 1:
        yield "the only one"
        return
    if order.placed is None:
        return
    newest = max(each.placed for each in orders if each.placed)
    if said.newest and order.placed == newest:
        yield "the newest"
    age = said.received - order.placed
    if age <= timedelta(days=14):
        yield "within two weeks"
    elif age <= timedelta(days=60):
        yield "within two months"
    elif age > timedelta(days=365):
        yield "over a year ago"
