"""The fields by which an order can be recognised in a text, and what each of them weighs.

Pure. See ``orders`` for how they are added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from triage.contract.case import Order
from triage.nlu.dates import BOUGHT, CAME, Period, periods
from triage.nlu.entities import AMOUNT, bare, called_orders, plain, shortened
from triage.nlu.item_names import CLOSE, FULL, HEAD, PART, head_of, mentions, unique_words, words_of
from triage.nlu.requests import Kind, kinds, wishes

WEIGHTS: Final = {
    "number": 9.0,
    "nearly the number": 3.0,
    FULL: 3.5,
    CLOSE: 3.0,
    HEAD: 2.6,
    PART: 1.2,
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
"""Natural logarithms of likelihood ratios, set by hand; the demo's tickets (tests) and ``manage.py
bench_refunds`` measure how often the order chosen is the right one."""
SAYS: Final = {
    "nearly the number": "its number is nearly the one in the message",
    FULL: "it has the item in the message",
    CLOSE: "it has the item in the message",
    HEAD: "it has such an item",
    PART: "it has such an item",
    "the day": "it is of the day in the message",
    "about the day": "it is of about the time in the message",
    "the sum paid": "it cost the sum in the message",
    "a price": "it has the price in the message",
    "the state fits": "its state fits the message",
    "the newest": "it is the newest",
    "the only one": "the customer's only order",
}
"""What a sign is called where a person reads it."""


OPEN: Final = frozenset({"pending", "paid"})
NEWEST: Final = re.compile(
    r"\b(?:(?:most recent|latest|newest|last|recent) (?:order|purchase)|(?:just|recently|only just) (?:\w{1,12} )?"
    r"(?:ordered|bought|placed|purchased)|most recently (?:placed|ordered))\b",
    re.IGNORECASE,
)
STATES: Final = {
    "pending": (r"pending|not (?:yet )?(?:been )?(?:shipped|sent|dispatched)", OPEN),
    "delivered": (
        r"(?:i|we|you)(?:['’]ve| have)? (?:just |only |already )?(?:received|got)|arrived|was delivered",
        frozenset({"delivered", "returned"}),
    ),
    "on its way": (
        r"(?:not|n['’]t|never|hasnt|still waiting)\W(?:\w{1,12}\W){0,3}(?:arrived?|come|came|received|turned up|here)",
        frozenset({"pending", "paid", "shipped"}),
    ),
}
"""What is said of an order's state: the words, and the states they fit."""
SUM: Final = re.compile(rf"{AMOUNT}|(?<![\w.,])\d{{1,6}}[.,]\d\d(?![\w.,]\d|\w)", re.IGNORECASE)


# --- what the words give ----------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """All that the words give, read once for all orders."""

    words: tuple[str, ...]
    named: tuple[Order, ...]
    strange: str
    periods: tuple[Period, ...]
    sums: frozenset[Decimal]
    states: tuple[str, ...]
    newest: bool
    wished: frozenset[Kind]
    received: date

    @classmethod
    def of(cls, text: str, orders: Sequence[Order], received: date) -> Said:
        text = shortened(text)
        numbers, called = _numbers(text), called_orders(text)
        named = tuple(o for o in orders if plain(o.number) in numbers or bare(o.number) in called)
        known = {plain(o.number) for o in orders} | {bare(o.number) for o in orders}
        return cls(
            words=words_of(text),
            named=named,
            strange="" if named else min(called - known, default=""),
            periods=periods(text, received),
            sums=_sums(text),
            states=tuple(s for s, (words, _) in STATES.items() if re.search(rf"\b(?:{words})\b", text, re.I)),
            newest=bool(NEWEST.search(text)),
            wished=kinds(wishes(text)),
            received=received,
        )  # fmt: skip


def _numbers(text: str) -> frozenset[str]:
    """The words of a text, and each with its next: "HP 1042" is a number too."""
    words = re.sub(r"[\W_]", " ", text.casefold()).split()
    return frozenset((*words, *(a + b for a, b in zip(words, words[1:], strict=False))))


def _sums(text: str) -> frozenset[Decimal]:
    found = set()
    for match in SUM.finditer(text):
        digits = re.sub(r"[^\d.,]", "", match.group()).strip(".,")
        digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", digits).replace(",", ".")
        if re.fullmatch(r"\d{1,9}(?:\.\d{1,2})?", digits):
            found.add(Decimal(digits))
    return frozenset(found)


# --- which of them agree ----------------------------------------------------------------


def signs_of(
    said: Said, order: Order, orders: Sequence[Order], items: dict[str, list[str]]
) -> Iterator[str]:
    """The fields that agree or disagree with this order, by their names in ``WEIGHTS``."""
    yield from _by_number(said, order)
    own = items[order.number]
    yield from own
    if not own and any(items.values()):
        yield "another order has the item"
    yield from _by_day(said, order, orders)
    yield from _by_sum(said, order)
    yield from _by_state(said, order)
    yield from _by_age(said, order, orders)


def _by_number(said: Said, order: Order) -> Iterator[str]:
    if order in said.named:
        yield "number"
    elif said.strange and _near(said.strange, order.number):
        yield "nearly the number"


def _near(strange: str, number: str) -> bool:
    """One figure wrong, or two in the wrong order."""
    for own in (plain(number), bare(number)):
        if len(own) == len(strange):
            wrong = [place for place in range(len(own)) if own[place] != strange[place]]
            swapped = len(wrong) == 2 and sorted(own) == sorted(strange)
            if len(wrong) == 1 or swapped:
                return True
    return False


def items_of(said: Said, orders: Sequence[Order]) -> dict[str, list[str]]:
    """For each order the signs of its items that are named: of each item the plainest."""
    unique = unique_words([line.name for order in orders for line in order.goods])
    found: dict[str, list[str]] = {}
    told = _variants(said, orders)
    for order in orders:
        signs: list[str] = []
        for line in order.goods:
            named = mentions(said.words, line.name, unique[line.name])
            if named:
                best = max(named, key=lambda each: (WEIGHTS[each.how], each.variants))
                signs += [best.how, *(["a variant"] * min(best.variants, 3))]
                signs += ["another variant"] * (best.variants < told[head_of(line.name)])
        found[order.number] = signs[:6]
    return found


def _variants(said: Said, orders: Sequence[Order]) -> dict[tuple[str, ...], int]:
    """For each kind of item the most words of a variant that stand by its naming."""
    told: dict[tuple[str, ...], int] = {}
    for order in orders:
        for line in order.goods:
            most = max((each.variants for each in mentions(said.words, line.name)), default=0)
            told[head_of(line.name)] = max(told.get(head_of(line.name), 0), most)
    return told


def _by_day(said: Said, order: Order, orders: Sequence[Order]) -> Iterator[str]:
    """A day counts against an order only where it fits another one."""
    misses = [miss for period in said.periods if (miss := _miss(period, order)) is not None]
    if not misses:
        return
    if min(misses) == 0:
        exact = any(p.first == p.last and _miss(p, order) == 0 for p in said.periods)
        yield "the day" if exact else "about the day"
    elif min(misses) <= 2:
        yield "about the day"
    elif any(_miss(period, other) == 0 for period in said.periods for other in orders):
        yield "another day"


def _miss(period: Period, order: Order) -> int | None:
    """By how many days a period misses the days of an order that it can be about."""
    days = {BOUGHT: (order.placed,), CAME: (order.delivered,)}.get(
        period.role, (order.placed, order.delivered)
    )
    return min((miss for day in days if (miss := period.off(day)) is not None), default=None)


def _by_sum(said: Said, order: Order) -> Iterator[str]:
    if not said.sums:
        return
    prices = {price for line in order.goods for price in (line.price, line.price * line.quantity)}
    if order.paid in said.sums:
        yield "the sum paid"
    elif prices & said.sums:
        yield "a price"
    else:
        yield "no such sum"


def _by_state(said: Said, order: Order) -> Iterator[str]:
    """By what is said of its state, else by what is wished: what is open can be called off."""
    fits = [order.status in STATES[state][1] for state in said.states]
    if not fits and said.wished == {Kind.CANCEL}:
        fits = [order.status in OPEN]
    if not fits and Kind.RETURN in said.wished:
        fits = [order.status == "delivered"]
    if fits:
        yield "the state fits" if any(fits) else "the state does not fit"


def _by_age(said: Said, order: Order, orders: Sequence[Order]) -> Iterator[str]:
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
