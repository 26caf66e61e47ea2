"""Which of the customer's orders a message is about, how surely, and which others it may be.

Pure. After Fellegi and Sunter, "A Theory for Record Linkage" (1969): each field that the words
give (a number, an item, a day, an amount, a state) agrees or disagrees with each order and adds
the logarithm of how much likelier that is for the order meant than for another. Added to a prior
that favours the recent, and with "none of these" as a rival of all, the softmax of the sums is
the confidence.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from triage.contract.case import Candidate, Order
from triage.nlu.document import Document
from triage.nlu.order_features import (
    FEATURE_EXPLANATIONS,
    WEIGHTS,
    MessageFeatures,
    compare_features,
    compare_items,
)

SEVERAL_ORDERS: Final = "Several orders are named in the message."
NAMED_IN_MESSAGE: Final = "named in the message"
NAMED_IN_QUOTATION: Final = "named in the mails that it quotes or follows"
QUOTED_CONFIDENCE: Final = 0.8  # as sure as a link has to be: what is answered is what is quoted
ONLY_ORDER: Final = "the customer's only order"
MIN_LINK_CONFIDENCE: Final = 0.8
MIN_ALTERNATIVE_CONFIDENCE: Final = 0.12
MAX_ORDERS_NAMED: Final = 4


@dataclass(frozen=True, kw_only=True)
class OrderLink:
    """The order that a message is about, or None with the ``question`` that would settle it.

    ``confidence`` is the share of the order, or of the likeliest one where none is chosen;
    ``alternatives`` are all that are at all likely, the likeliest first.
    """

    order: Order | None
    confidence: float
    because: str
    alternatives: tuple[Candidate, ...] = ()
    question: str = ""


def link_order(
    document: Document,
    orders: Sequence[Order],
    received: date,
    tickets: Collection[str] = (),
    quoted: str = "",
) -> OrderLink:
    """The one order of ``orders``, all of them the customer's own, that the text is about.

    Somebody else's number finds nothing, and is said to be none of theirs. Digits alone name an
    order where the words call them one: "order 10877" for HP-10877. Where they may be the number
    of another order than the one that all else speaks for, that is a question. ``tickets`` are
    the numbers of the ticket itself. What the text leaves open, the mails that it ``quoted`` or
    follows tell, where it has no number of its own.
    """
    said = MessageFeatures.extract(document, orders, received, tickets)
    found = _link_message(said, orders)
    if found.order is not None or not quoted or said.named or said.unsure_words or said.strange:
        return found
    answered = MessageFeatures.extract(Document.read(quoted), orders, received, tickets)
    return _link_quotation(answered.named) or found


def _link_quotation(named: Sequence[Order]) -> OrderLink | None:
    """The one order that quoted mails name; None where they name none or several."""
    if len(named) != 1:
        return None
    return OrderLink(order=named[0], confidence=QUOTED_CONFIDENCE, because=NAMED_IN_QUOTATION)


def _link_message(said: MessageFeatures, orders: Sequence[Order]) -> OrderLink:
    if not orders:
        return OrderLink(
            order=None, confidence=0.0, because="No order of this sender is on record."
        )
    ranked = _rank_orders(said, orders)
    if len(said.named) > 1 and not said.strange:
        return _build_open_link(SEVERAL_ORDERS, (*said.named, *said.unsure), ranked)
    best = ranked[0]
    order = next(order for order in orders if order.number == best.number)
    if not _is_doubtful(said, order) and best.confidence >= MIN_LINK_CONFIDENCE:
        return OrderLink(
            order=order, confidence=best.confidence, because=best.because, alternatives=ranked
        )
    return _build_uncertain_link(said, orders, ranked)


def _is_doubtful(said: MessageFeatures, order: Order) -> bool:
    """Whether a number in the message is none of theirs, or may be that of another order."""
    return bool(said.strange) or (bool(said.unsure_words) and said.unsure != (order,))


def _build_uncertain_link(
    said: MessageFeatures, orders: Sequence[Order], ranked: tuple[Candidate, ...]
) -> OrderLink:
    likely = {c.number for c in ranked if c.confidence >= MIN_ALTERNATIVE_CONFIDENCE}
    told = [*said.named, *said.unsure, *(order for order in orders if order.number in likely)]
    return _build_open_link(_explain_doubt(said, orders), list(dict.fromkeys(told)), ranked)


def _explain_doubt(said: MessageFeatures, orders: Sequence[Order]) -> str:
    if said.strange:
        return f"None of the customer's orders has the number {_join_words(said.strange)}."
    if said.unsure_words:
        words = _join_words(said.unsure_words)
        return f"{words} in the message may be the number of an order, or something else."
    if len(orders) == 1:
        return "What the message says does not fit the customer's only order."
    return f"The customer has {len(orders)} orders and names none of them."


def _join_words(words: Iterable[str]) -> str:
    return " or ".join(list(words)[:MAX_ORDERS_NAMED])


def _build_open_link(
    because: str, named: Sequence[Order], ranked: tuple[Candidate, ...]
) -> OrderLink:
    place = {candidate.number: rank for rank, candidate in enumerate(ranked)}
    listed = sorted(named, key=lambda order: place.get(order.number, len(place)))[:MAX_ORDERS_NAMED]
    names = " or ".join(map(_describe_order, listed))
    return OrderLink(
        order=None,
        confidence=ranked[0].confidence,
        because=because,
        alternatives=ranked,
        question=f"{names}?" if len(listed) > 1 else f"Is it {names}?" if listed else "",
    )


def _describe_order(order: Order) -> str:
    return (
        f"{order.number} of {order.placed.day} {order.placed:%B}" if order.placed else order.number
    )


def _rank_orders(said: MessageFeatures, orders: Sequence[Order]) -> tuple[Candidate, ...]:
    """Each order with its share, the likeliest first."""
    items = compare_items(said, orders)
    signs = {order.number: list(compare_features(said, order, orders, items)) for order in orders}
    sums = [sum(WEIGHTS[sign] for sign in signs[order.number]) for order in orders]
    nothing = WEIGHTS["none of these"] + (WEIGHTS["a number of none"] if said.strange else 0.0)
    top = max(*sums, nothing)
    whole = sum(math.exp(each - top) for each in (*sums, nothing))
    found = [
        Candidate(
            number=order.number,
            confidence=math.exp(total - top) / whole,
            because=_explain_features(signs[order.number], len(orders)),
        )
        for order, total in zip(orders, sums, strict=True)
    ]
    return tuple(sorted(found, key=lambda candidate: -candidate.confidence))


def _explain_features(signs: Sequence[str], count: int) -> str:
    if "number" in signs:
        return NAMED_IN_MESSAGE
    speaking = [
        FEATURE_EXPLANATIONS[sign] for sign in dict.fromkeys(signs) if sign in FEATURE_EXPLANATIONS
    ]
    if not speaking:
        return ONLY_ORDER if count == 1 else "one of the customer's orders"
    return ", ".join(speaking)
