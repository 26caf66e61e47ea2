"""Does a message that is about one order ask for something of another one as well?

Pure. The remedy is worked out for one order at a time; what the words name of others must not
be lost behind it, nor may the wrong one be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from triage.contract.case import Line, Order
from triage.nlu.document import Document
from triage.nlu.item_names import find_mentions, get_name_head, split_words
from triage.nlu.requests import MONEY_KINDS, RequestKind, find_requests

CLOSED_STATUSES: Final = frozenset({"cancelled", "returned"})


def find_other_order_question(
    document: Document, orders: Sequence[Order], order: Order, *, refused: bool = False
) -> str:
    """A question that names the other order a message is about as well; empty where there is none.

    An item counts that only another open order has; with ``refused`` one that both have too.
    """
    own = {get_name_head(line.name) for line in order.returnable_lines}
    for part in _iter_request_sentences(document, order):
        words = split_words(part)
        for other, line in _iter_other_open_lines(orders, order):
            if (refused or get_name_head(line.name) not in own) and find_mentions(words, line.name):
                return (
                    f"The message also names {line.name}, of order {other.number}: "
                    "is it about that order, too?"
                )
    return ""


def _iter_other_open_lines(orders: Sequence[Order], order: Order) -> Iterator[tuple[Order, Line]]:
    for other in orders:
        if other.number != order.number and other.status not in CLOSED_STATUSES:
            yield from ((other, line) for line in other.returnable_lines)


def _iter_request_sentences(document: Document, order: Order) -> Iterator[str]:
    """The sentences that ask for money; where those name no item, the whole text without its
    exchanges as well.
    """
    text, found = document.text, find_requests(document)
    asked = [
        _extract_sentence(text, wish.start, wish.end) for wish in found if wish.kind in MONEY_KINDS
    ]
    yield from asked
    words = split_words(" . ".join(asked))
    if not any(find_mentions(words, line.name) for line in order.returnable_lines):
        left = text
        for wish in reversed(found):
            if wish.kind == RequestKind.EXCHANGE:
                left = left[: wish.start] + " . " + left[wish.end :]
        yield left


def _extract_sentence(text: str, start: int, end: int) -> str:
    """The text from the start of the sentence that ``start`` falls into up to ``end``."""
    return text[max(text.rfind(mark, 0, start) for mark in (". ", "? ", "! ", "\n")) + 1 : end]
