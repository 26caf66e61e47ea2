"""Is there money in what a message asks for, whatever its label says?

Pure. A safety net: it never proposes anything, it only puts a question before a person where the
label alone would have let money pass unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from triage.contract.case import Offer, Order
from triage.nlu.document import Document
from triage.nlu.exchange_value import Exchange, find_exchanges
from triage.nlu.foreign_requests import find_foreign_requests
from triage.nlu.requests import Request, RequestKind, find_money_requests

MONEY_ASKED, PRICE_DIFFERENCE = "MONEY_ASKED_BESIDE", "PRICE_DIFFERENCE"
REQUEST_PHRASES: Final = {
    RequestKind.CANCEL: "to cancel",
    RequestKind.RETURN: "to return something",
    RequestKind.REFUND: "for money back",
}
MAX_QUOTE_CHARS: Final = 90
MAX_QUOTES: Final = 2


@dataclass(frozen=True, kw_only=True)
class Stake:
    """Why money may be due: the code of the reason, and the question for a person."""

    reason: str
    question: str


def find_stake(
    document: Document, orders: Sequence[Order], offers: Sequence[Offer] = ()
) -> Stake | None:
    """Why money may be due by a text: it asks for money back, in English or in one of thirteen
    other languages, else it asks for an exchange that may give some back; None where neither is so.
    """
    if asked := find_money_requests(document) or find_foreign_requests(document):
        return Stake(reason=MONEY_ASKED, question=_format_money_question(asked))
    swaps, unclear = find_exchanges(document, orders, offers)
    if unclear:
        return Stake(
            reason=PRICE_DIFFERENCE,
            question=(
                "The message asks for an exchange: for what, and is a price difference due back?"
            ),
        )
    by_order: dict[str, list[Exchange]] = {}
    for swap in swaps:
        by_order.setdefault(swap.order, []).append(swap)
    for group in by_order.values():
        if sum((swap.most for swap in group), Decimal(0)) > 0:
            return Stake(reason=PRICE_DIFFERENCE, question=_format_difference_question(group))
    return None


def _format_money_question(asked: Sequence[Request]) -> str:
    kinds = " and ".join(dict.fromkeys(REQUEST_PHRASES[wish.kind] for wish in asked))
    quoted = dict.fromkeys(f"“{_shorten_words(wish.words)}”" for wish in asked)
    words = ", ".join([*quoted][:MAX_QUOTES])
    return f"The message seems to ask {kinds} ({words}). Is money due?"


def _shorten_words(words: str) -> str:
    words = " ".join(words.split())
    return (
        words if len(words) <= MAX_QUOTE_CHARS else f"…{words[-MAX_QUOTE_CHARS:].split(' ', 1)[-1]}"
    )


def _format_difference_question(group: Sequence[Exchange]) -> str:
    least = sum((swap.least for swap in group), Decimal(0))
    most = sum((swap.most for swap in group), Decimal(0))
    names = " and ".join(dict.fromkeys(swap.line.name for swap in group))
    span = f"{most}" if least == most else f"up to {most}"
    return f"Exchanging {names} may give back {span}: for which one, and is it due?"
