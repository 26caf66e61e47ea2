"""What is to be done where a request cannot be met, in the customer's own words.

Pure, English. "If you cannot cancel just the lamp, leave the order as it is": where a rule or
a payment on record says that it cannot be, only what they want instead is left of the
message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from triage.contract.case import Order, Rule
from triage.nlu.document import Document
from triage.nlu.item_names import find_mentions, split_words
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.requests import find_money_requests

SAID: Final = load_groups(LEXICONS / "conditions.toml", plain_spaces=True)
FALLBACK_CONDITION: Final = re.compile(
    rf"\bif\b(?P<what>[^.;!?]{{0,120}}?\b{SAID['impossible']}\b[^,.;!?]{{0,80}}),\s*(?=\w)",
    re.IGNORECASE,
)
PART_OF_ORDER: Final = re.compile(rf"\b{SAID['part_of_order']}\b", re.IGNORECASE)
NO_MONEY_FALLBACK: Final = re.compile(rf"\b{SAID['no_money']}\b", re.IGNORECASE)
"""What can be wanted instead that has surely no money in it."""
PAYMENT_WAYS: Final = {
    "gift card": SAID["gift_card"],
    "paypal": SAID["paypal"],
    "bank": SAID["bank"],
    "card": rf"(?:{SAID['named_card']}|(?<!gift )(?<!gift)\bcards?)",
}
PAYMENT_WAY_PATTERNS: Final = {
    way: re.compile(rf"\b{words}", re.IGNORECASE) for way, words in PAYMENT_WAYS.items()
}
NO_REMEDY: Final = "none"
CLOSED_STATUSES: Final = frozenset({"cancelled", "returned"})


@dataclass(frozen=True)
class Fallback:
    """``left`` is the message from what they want instead; ``because`` why that holds."""

    left: str
    because: str


def find_fallback(
    document: Document, orders: Sequence[Order], rules: Sequence[Rule]
) -> Fallback | None:
    """What holds instead of a request for money, where it is no request for money itself.

    None where nothing was said, or where it is possible in any of the open ``orders``, or may be.
    """
    text = document.text
    last = next(reversed(list(FALLBACK_CONDITION.finditer(text))), None)
    open_ones = [order for order in orders if order.status not in CLOSED_STATUSES]
    if last is None or not open_ones or find_money_requests(Document(text[last.end() :])):
        return None
    if not NO_MONEY_FALLBACK.search(text[last.end() :]):
        return None
    reasons = [
        _explain_impossible(text[: last.end()], last["what"], order, rules) for order in open_ones
    ]
    if not all(reasons):
        return None
    return Fallback(left=text[last.end() :], because=reasons[0])


def _explain_impossible(text: str, what: str, order: Order, rules: Sequence[Rule]) -> str:
    """Why ``what`` cannot be for an order; empty where it can, or where nobody knows.

    Of parts it is said only where the ``text`` so far names one thing of the order at most.
    """
    if PART_OF_ORDER.search(what) and (rule := find_whole_order_rule(order, rules)):
        named = split_words(text)
        several = sum(bool(find_mentions(named, line.name)) for line in order.returnable_lines) > 1
        return "" if several else f"{rule.name}: the whole order or nothing"
    asked, paid = _find_payment_ways(what), _find_payment_ways(" , ".join(order.ways))
    if asked and paid and not asked & paid:
        return f"order {order.number} was not paid by {' or '.join(sorted(asked))}"
    return ""


def find_whole_order_rule(order: Order, rules: Sequence[Rule]) -> Rule | None:
    """The first paying rule where every paying rule gives back a whole order or nothing, else
    None.
    """
    paying = [
        rule
        for rule in rules
        if rule.remedy != NO_REMEDY
        and (not rule.statuses or order.status in rule.statuses)
        and (order.placed is None or rule.is_in_force(order.placed))
    ]
    return paying[0] if paying and all(rule.only_whole for rule in paying) else None


def _find_payment_ways(words: str) -> set[str]:
    return {way for way, pattern in PAYMENT_WAY_PATTERNS.items() if pattern.search(words)}
