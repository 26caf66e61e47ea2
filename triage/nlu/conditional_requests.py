"""What is to be done where a wish cannot be met, in the customer's own words.

Pure, English. "If you cannot cancel just the lamp, leave the order as it is": where a rule or a
payment on record says that it cannot be, only what they want instead is left of the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from triage.contract.case import Order, Rule
from triage.nlu.entities import shortened
from triage.nlu.item_names import mentions, words_of
from triage.nlu.requests import asks_for_money

IMPOSSIBLE: Final = (
    r"(?:cannot|can['’]?t|can not|not (?:be )?possible|isn['’]t possible|impossible|unable)"
)
OTHERWISE: Final = re.compile(
    rf"\bif\b(?P<what>[^.;!?]{{0,120}}?\b{IMPOSSIBLE}\b[^,.;!?]{{0,80}}),\s*(?=\w)", re.IGNORECASE
)
PART: Final = re.compile(
    r"\b(?:part of|partly|partial(?:ly)?|(?:just|only) (?:the|this|that|one)|single items?)\b",
    re.IGNORECASE,
)
LEFT_ALONE: Final = re.compile(
    r"\b(?:leave|keep|never ?mind|as (?:it|they) (?:is|are)|do not|don['’]?t|forget (?:it|about)|nothing"
    r"|not at all|no (?:cancel\w*|refund|return)|change (?:the|my|your) address|deliver|send (?:it|them))\b",
    re.IGNORECASE,
)
"""What can be wanted instead that has surely no money in it."""
WAYS: Final = {
    "gift card": r"gift[ _]?cards?|vouchers?",
    "paypal": r"pay ?pal",
    "bank": r"bank (?:account|transfer)|iban",
    "card": r"(?:credit|debit)[ _]cards?|visa|mastercard|amex|american express|(?<!gift )(?<!gift)\bcards?",
}
WAY: Final = {way: re.compile(rf"\b(?:{words})", re.IGNORECASE) for way, words in WAYS.items()}
NOTHING: Final = "none"
CLOSED: Final = frozenset({"cancelled", "returned"})


@dataclass(frozen=True)
class Otherwise:
    """``left`` is the message from what they want instead; ``because`` why that holds."""

    left: str
    because: str


def otherwise(text: str, orders: Sequence[Order], rules: Sequence[Rule]) -> Otherwise | None:
    """What holds instead of a wish for money, where it is no wish for money itself.

    None where nothing was said, or where it is possible in any of the open ``orders``, or may be.
    """
    text = shortened(text)
    last = next(reversed(list(OTHERWISE.finditer(text))), None)
    open_ones = [order for order in orders if order.status not in CLOSED]
    if last is None or not open_ones or asks_for_money(text[last.end() :]):
        return None
    if not LEFT_ALONE.search(text[last.end() :]):
        return None
    reasons = [_why_not(text[: last.end()], last["what"], order, rules) for order in open_ones]
    if not all(reasons):
        return None
    return Otherwise(left=text[last.end() :], because=reasons[0])


def _why_not(text: str, what: str, order: Order, rules: Sequence[Rule]) -> str:
    """Why ``what`` cannot be for an order; empty where it can, or where nobody knows.

    Of parts it is said only where the ``text`` so far names one thing of the order at most.
    """
    if PART.search(what) and (rule := only_whole(order, rules)):
        named = words_of(text)
        several = sum(bool(mentions(named, line.name)) for line in order.goods) > 1
        return "" if several else f"{rule.name}: the whole order or nothing"
    asked, paid = _ways(what), _ways(" , ".join(order.ways))
    if asked and paid and not asked & paid:
        return f"order {order.number} was not paid by {' or '.join(sorted(asked))}"
    return ""


def only_whole(order: Order, rules: Sequence[Rule]) -> Rule | None:
    """The rule that gives back a whole order or nothing, where all that would pay do so."""
    paying = [
        rule
        for rule in rules
        if rule.remedy != NOTHING
        and (not rule.statuses or order.status in rule.statuses)
        and (order.placed is None or rule.in_force(order.placed))
    ]
    return paying[0] if paying and all(rule.only_whole for rule in paying) else None


def _ways(words: str) -> set[str]:
    return {way for way, pattern in WAY.items() if pattern.search(words)}
