"""Can exchanging an item for another of its kind give money back, by what the shop sells now?

Pure. The text says which item, and what it should be instead as far as it uses the words of the
offers; whatever it leaves open stays open, so the answer is a range, never a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from triage.contract.case import Line, Offer, Order
from triage.nlu.document import Document
from triage.nlu.entities import normalize_value
from triage.nlu.item_names import find_mentions, get_name_head, get_variant_words, split_words
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.requests import Request, RequestKind, find_requests
from triage.nlu.variants import find_requested_options, parse_options

REPLACEMENT_WORDS: Final = frozenset({"for", "to", "into", "with"})
CLOSED_STATUSES: Final = frozenset({"cancelled", "returned"})
SAID: Final = load_groups(LEXICONS / "items.toml", plain_spaces=True)
CHEAPEST: Final = re.compile(rf"\b(?:{SAID['cheapest']}|lowest[- ]pric\w{{1,4}})\b", re.IGNORECASE)
DEAREST: Final = re.compile(rf"\b{SAID['dearest']}\b", re.IGNORECASE)
ALL_ITEMS: Final = re.compile(
    rf"\b{SAID['each']}\b(?:\W{{1,3}}\w{{1,20}}){{0,3}}\W{{1,3}}{SAID['choice']}\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A line to be exchanged and what it may become.

    ``least`` and ``most`` are what goes back if it does, negative where it costs more.
    """

    order: str
    line: Line
    offers: tuple[Offer, ...]
    least: Decimal
    most: Decimal


def find_exchanges(
    document: Document, orders: Sequence[Order], offers: Sequence[Offer]
) -> tuple[tuple[Exchange, ...], bool]:
    """The exchanges that a text asks for, and whether it asks for one that cannot be told.

    ``offers`` are what the shop sells now of the kinds of things in ``orders``.
    """
    asked = [wish for wish in find_requests(document) if wish.kind == RequestKind.EXCHANGE]
    if not asked:
        return (), False
    open_orders = [order for order in orders if order.status not in CLOSED_STATUSES]
    found: dict[tuple[str, ...], list[Exchange]] = {}
    for part in _iter_exchange_parts(document.text, asked):
        for kind, swaps in _group_exchanges(
            _iter_part_exchanges(part, document.text, open_orders, offers)
        ).items():
            if kind not in found or _count_open_choices(swaps) < _count_open_choices(found[kind]):
                found[kind] = swaps  # what is said of it elsewhere may be plainer
    return tuple(swap for swaps in found.values() for swap in swaps), not found and bool(offers)


def _group_exchanges(swaps: Iterable[Exchange]) -> dict[tuple[str, ...], list[Exchange]]:
    """The exchanges of each kind of thing, as it is called before the comma of its name."""
    kinds: dict[tuple[str, ...], list[Exchange]] = {}
    for swap in swaps:
        kinds.setdefault(get_name_head(swap.line.name), []).append(swap)
    return kinds


def _count_open_choices(swaps: Sequence[Exchange]) -> tuple[int, int]:
    """How much is left open: how many items it may be, then for how many offers."""
    return len(swaps), sum(len(swap.offers) for swap in swaps)


def _iter_exchange_parts(text: str, asked: Sequence[Request]) -> Iterator[str]:
    """The text from each request for an exchange to the next, with the sentence it begins in."""
    for place, wish in enumerate(asked):
        end = asked[place + 1].start if place + 1 < len(asked) else len(text)
        begin = max(text.rfind(". ", 0, wish.start) + 1, asked[place - 1].end if place else 0)
        yield text[begin:end]


def _iter_part_exchanges(
    part: str, text: str, orders: Sequence[Order], offers: Sequence[Offer]
) -> Iterator[Exchange]:
    """The exchanges of the lines named in a part, each by what follows it up to the next line."""
    within = _find_named_orders(part, orders) or _find_named_orders(text, orders) or orders
    lines = [(order, line) for order in within for line in order.returnable_lines]
    words = split_words(part)
    named = [
        (found[0].first, order, line)
        for order, line in lines
        if (found := find_mentions(words, line.name))
    ]
    if not named and ALL_ITEMS.search(part):
        named = [(0, order, line) for order, line in lines]
    starts = sorted({first for first, _, _ in named})
    for first, order, line in _select_preferred_lines(named, words):
        after = next((start for start in starts if start > first), len(words))
        yield from _build_exchange(order, line, offers, " ".join(words[first:after]), part)


def _find_named_orders(text: str, orders: Sequence[Order]) -> list[Order]:
    said = set(re.findall(r"[^\W_]{1,40}", text.casefold()))
    return [order for order in orders if normalize_value(order.number) in said]


def _select_preferred_lines(
    named: Sequence[tuple[int, Order, Line]], words: Sequence[str]
) -> list[tuple[int, Order, Line]]:
    """Of lines named by the same words those with the most words of their variants near, then
    those of the order with the most lines named: one message is mostly about one order.
    """
    said = set(words[: _find_turn(words, named)])
    if not any(said & get_variant_words(line.name) for _, _, line in named):
        said = set(words)
    best: dict[int, int] = {}
    score = {}
    for first, order, line in named:
        own = len(said & get_variant_words(line.name))
        score[(first, order.number, line.sku)] = own
        best[first] = max(best.get(first, 0), own)
    left = [
        each for each in named if score[(each[0], each[1].number, each[2].sku)] == best[each[0]]
    ]
    lines = Counter(order.number for _, order, _ in left)
    most = {
        first: max(lines[order.number] for at, order, _ in left if at == first)
        for first, _, _ in left
    }
    return [each for each in left if lines[each[1].number] == most[each[0]]]


def _find_turn(words: Sequence[str], named: Sequence[tuple[int, Order, Line]]) -> int:
    """The index of the word at which it turns from what there is to what is requested."""
    begin = min((first for first, _, _ in named), default=0)
    return next(
        (at for at in range(begin, len(words)) if words[at] in REPLACEMENT_WORDS), len(words)
    )


def _build_exchange(
    order: Order, line: Line, offers: Sequence[Offer], wanted: str, part: str
) -> Iterator[Exchange]:
    product = next((offer.product for offer in offers if offer.sku == line.sku), "")
    kin = [o for o in offers if o.product == product and o.available and product]
    fitting = _select_fitting_offers(line, [o for o in kin if o.sku != line.sku], wanted, part)
    if not fitting and any(o.sku == line.sku for o in kin):
        fitting = [o for o in kin if o.sku == line.sku]
    if fitting:
        prices = [offer.price for offer in fitting]
        yield Exchange(
            order=order.number,
            line=line,
            offers=tuple(fitting),
            least=line.price - max(prices),
            most=line.price - min(prices),
        )


def _select_fitting_offers(line: Line, kin: Sequence[Offer], wanted: str, part: str) -> list[Offer]:
    """The offers that have what is asked for, of these the ones most like the line in all else."""
    if DEAREST.search(part):
        return [o for o in kin if o.price == max(each.price for each in kin)]
    own = parse_options(line.name)
    said = find_requested_options(own, [parse_options(offer.name) for offer in kin], wanted)
    left = [o for o in kin if _count_shared_options(o, said) == len(said)]
    if CHEAPEST.search(wanted) or (CHEAPEST.search(part) and not said):
        return [o for o in left if o.price == min(each.price for each in left)]
    kept = {place: {value} for place, (_, value) in enumerate(own) if place not in said}
    most = max((_count_shared_options(o, kept) for o in left), default=0)
    return [o for o in left if not said or _count_shared_options(o, kept) == most]


def _count_shared_options(offer: Offer, said: dict[int, set[str]]) -> int:
    """How many options of an offer have one of the values asked for at their place."""
    values = [value for _, value in parse_options(offer.name)]
    return sum(place < len(values) and values[place] in each for place, each in said.items())
