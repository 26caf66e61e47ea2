"""Fees: what something costs, and who pays the postage.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from triage.policies.contradictions.conditions import Circumstances
from triage.policies.contradictions.quantities import parse_amounts, parse_percentages
from triage.policies.contradictions.rule_sentence import Sentence

MATTERS: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("handling", r"\bhandling (?:fees?|charges?)\b"),
        ("restocking", r"\brestock\w*"),
        ("late payment", r"\blate payments?\b"),
        ("cancelling", r"\bcancel\w+"),
        ("exchange", r"\bexchang\w+"),
        ("repair", r"\brepair\w*"),
        ("collection", r"\bcollect(?:s|ed|ing|ion)?\b(?! point)"),
        ("return", r"\breturn(?:s|ed|ing)?\b|\bsen[dt](?:ing)?\b[^.]{0,20}\bback\b"),
        ("delivery", r"\bdeliver\w*|\bshipping\b"),
    )
)
CHARGES: Final = re.compile(
    r"\bcosts?\b|\bcharges?\b|\bfees?\b|\bfree\b|\bpays?\b|\bdeduct\w*|\bpostage\b|\bcarriage\b"
    r"|\bkeep back\b|\bexpense\b|\bbear\b|\bless\b|\bfor [£$€]",
    re.IGNORECASE,
)
FREE: Final = re.compile(
    r"\b(?:is|are|post|send|sent|delivered|returned)? ?(?:free(?! (?:trial|to)\b)|at no (?:extra )?(?:cost|charge))\b|\bno (?:\w+ )?(?:fee|charge|cost)s?\b"
    r"|\bfree of charge\b|\bwe (?:pay|cover|bear)\b[^.]*\b(?:postage|shipping|carriage|costs?|return)\b|\byou pay nothing\b|\bnever charge\b|\bwithout (?:a )?(?:fee|charge|cost)s?\b",
    re.IGNORECASE,
)
YOU_PAY: Final = re.compile(
    r"\byou (?:have to |must |need to )?(?:pay|cover|bear)\b(?! nothing)[^.]*\b(?:postage|shipping|carriage|costs?|return)\b"
    r"|\b(?:costs?|postage|carriage|shipping)\b[^.]*\b(?:yours|your own|by you|you to (?:pay|bear)|at your)\b|\bat (?:your|the (?:customer|buyer)['’]s) own (?:cost|expense)\b",
    re.IGNORECASE,
)
THRESHOLD: Final = re.compile(
    r"\b(?:orders?|baskets?|purchases?)\b[^.]{0,20}\b(?:of|over|above|from|worth|exceeding)\s+(?P<amount>[£$€]\s?\d[\d,.]*\d|\d[\d,.]*\s?(?:£|€|\$))",
    re.IGNORECASE,
)
CONDITION: Final = re.compile(
    r"\b(?:more than|less than|over|above|below|under|at least|up to|from)\s+(?:[£$€]\s?)?(?P<amount>\d[\d,.]*)",
    re.IGNORECASE,
)
DISCOUNT: Final = re.compile(
    r"\b(?:off|discount|refund(?:s|ed)? (?:up to|of)|offer)\b", re.IGNORECASE
)
POSTAGE: Final = "postage"


@dataclass(frozen=True)
class Fee:
    """What a matter costs: a ``unit`` ("%", a currency, "postage", or "" for nothing) and how much."""

    matter: str
    about: Circumstances
    unit: str
    amount: float

    @property
    def shown(self) -> str:
        if not self.unit:
            return "no charge"
        if self.unit == POSTAGE:
            return "the customer pays the postage"
        return f"{self.amount:g}%" if self.unit == "%" else f"{self.unit}{self.amount:.2f}"


def parse_fees(sentence: Sentence) -> Iterator[Fee]:
    """The fee of a sentence, where it has one that is understood."""
    text = sentence.text
    if not CHARGES.search(text) or DISCOUNT.search(text):
        return
    about = sentence.build_conditions()
    matter = _find_matter(sentence)
    over = THRESHOLD.search(text)
    if over and FREE.search(text):
        for unit, amount in parse_amounts(over["amount"]):
            yield Fee(f"free {matter} from", about, unit, amount)
        return
    conditions = frozenset(found.group() for found in CONDITION.finditer(text))
    charge = _parse_charge(text)
    if charge and (matter or about.things):
        yield Fee(matter, about | Circumstances(conditions), *charge)


def is_contradiction(one: Fee, other: Fee) -> bool:
    """Whether the same matter costs another amount, or nothing, or is paid by somebody else."""
    if one.matter != other.matter or not one.about.is_same_as(other.about):
        return False
    if one.unit == other.unit:
        return one.amount != other.amount
    return "" in (one.unit, other.unit)


def _find_matter(sentence: Sentence) -> str:
    for text in (sentence.text, sentence.heading, sentence.title):
        for name, cue in MATTERS:
            if cue.search(text):
                return name
    return ""


def _parse_charge(text: str) -> tuple[str, float] | None:
    """Unit and amount; None where there are several, or none."""
    if shares := parse_percentages(text):
        return ("%", shares[0]) if len(shares) == 1 else None
    if sums := parse_amounts(text):
        return sums[0] if len(sums) == 1 else None
    if YOU_PAY.search(text):
        return POSTAGE, 0.0
    return ("", 0.0) if FREE.search(text) else None
