"""Does a message that is about one order ask for something of another one as well?

Pure. The remedy is worked out for one order at a time; what the words name of others must not
be lost behind it, nor may the wrong one be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from triage.contract.case import Line, Order
from triage.nlu.entities import shortened
from triage.nlu.item_names import head_of, mentions, words_of
from triage.nlu.requests import MONEY, Kind, wishes

CLOSED: Final = frozenset({"cancelled", "returned"})


def beside(text: str, orders: Sequence[Order], order: Order, *, refused: bool = False) -> str:
    """A question that names the other order, or nothing.

    An item counts that only another open order has; with ``refused`` one that both have too.
    """
    text = shortened(text)
    own = {head_of(line.name) for line in order.goods}
    for part in _parts(text, order):
        words = words_of(part)
        for other, line in _elsewhere(orders, order):
            if (refused or head_of(line.name) not in own) and mentions(words, line.name):
                return (
                    f"The message also names {line.name}, of order {other.number}: "
                    "is it about that order, too?"
                )
    return ""


def _elsewhere(orders: Sequence[Order], order: Order) -> Iterator[tuple[Order, Line]]:
    for other in orders:
        if other.number != order.number and other.status not in CLOSED:
            yield from ((other, line) for line in other.goods)


def _parts(text: str, order: Order) -> Iterator[str]:
    """The sentences that ask for money, and all but the exchanges where those name no item."""
    found = wishes(text)
    asked = [_sentence(text, wish.start, wish.end) for wish in found if wish.kind in MONEY]
    yield from asked
    words = words_of(" . ".join(asked))
    if not any(mentions(words, line.name) for line in order.goods):
        left = text
        for wish in reversed(found):
            if wish.kind == Kind.EXCHANGE:
                left = left[: wish.start] + " . " + left[wish.end :]
        yield left


def _sentence(text: str, start: int, end: int) -> str:
    """From the end of the sentence before, without a wish for an exchange that comes after."""
    return text[max(text.rfind(mark, 0, start) for mark in (". ", "? ", "! ", "\n")) + 1 : end]
