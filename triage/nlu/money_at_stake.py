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
from triage.nlu.exchange_value import Swap, swaps_meant
from triage.nlu.requests import Kind, Wish, asks_for_money

ASKED, DIFFERENCE = "MONEY_ASKED_BESIDE", "PRICE_DIFFERENCE"
VERBS: Final = {
    Kind.CANCEL: "to cancel",
    Kind.RETURN: "to return something",
    Kind.REFUND: "for money back",
}
LONGEST: Final = 90
MOST: Final = 2


@dataclass(frozen=True, kw_only=True)
class Stake:
    """Why money may be due: the code of the reason, and the question for a person."""

    reason: str
    question: str


def stake_of(text: str, orders: Sequence[Order], offers: Sequence[Offer] = ()) -> Stake | None:
    """The first of: it asks for money back; it asks for an exchange that may give some back."""
    if asked := asks_for_money(text):
        return Stake(reason=ASKED, question=_asked(asked))
    swaps, unclear = swaps_meant(text, orders, offers)
    if unclear:
        return Stake(
            reason=DIFFERENCE,
            question="The message asks for an exchange: for what, and is a price difference due back?",
        )
    by_order: dict[str, list[Swap]] = {}
    for swap in swaps:
        by_order.setdefault(swap.order, []).append(swap)
    for group in by_order.values():
        if sum((swap.most for swap in group), Decimal(0)) > 0:
            return Stake(reason=DIFFERENCE, question=_difference(group))
    return None


def _asked(asked: Sequence[Wish]) -> str:
    kinds = " and ".join(dict.fromkeys(VERBS[wish.kind] for wish in asked))
    words = ", ".join(f"“{_short(wish.words)}”" for wish in asked[:MOST])
    return f"The message seems to ask {kinds} ({words}). Is money due?"


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= LONGEST else f"…{words[-LONGEST:].split(' ', 1)[-1]}"


def _difference(group: Sequence[Swap]) -> str:
    least = sum((swap.least for swap in group), Decimal(0))
    most = sum((swap.most for swap in group), Decimal(0))
    names = " and ".join(dict.fromkeys(swap.line.name for swap in group))
    span = f"{most}" if least == most else f"up to {most}"
    return f"Exchanging {names} may give back {span}: for which one, and is it due?"
