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
from triage.policies.contradictions.rule_words import (
    compile_words,
    list_names,
    match_words,
)

STRUCTURED_MATTERS: Final = {"return": r"\bsen[dt](?:ing)?\b[^.]{0,20}\bback\b"}
COLLECTION_POINT: Final = r"(?! point)"


def _compile_matter(name: str) -> re.Pattern[str]:
    words = rf"\b{match_words(f'fee_matters.{name}')}\b"
    words += COLLECTION_POINT if name == "collection" else ""
    extra = [STRUCTURED_MATTERS[name]] if name in STRUCTURED_MATTERS else []
    return re.compile("|".join([words, *extra]), re.IGNORECASE)


MATTERS: Final = tuple((name, _compile_matter(name)) for name in list_names("fee_matters"))
CHARGES: Final = re.compile(rf"\b{match_words('fees.charges')}\b|\bfor [£$€]", re.IGNORECASE)
FREE: Final = compile_words(
    r"free(?! (?:trial|to)\b)",
    match_words("fees.free"),
    rf"no (?:\w+ )?{match_words('fees.units')}",
    rf"we {match_words('fees.pay')}\b[^.]*\b{match_words('fees.postage')}",
)
YOU_PAY: Final = compile_words(
    rf"{match_words('fees.you_pay')}\b(?! nothing)[^.]*\b{match_words('fees.postage')}",
    rf"{match_words('fees.carriage')}\b[^.]*\b{match_words('fees.yours')}",
    match_words("fees.at_own_cost"),
)
THRESHOLD: Final = re.compile(
    rf"\b{match_words('fees.baskets')}\b[^.]{{0,20}}\b{match_words('fees.above')}\s+"
    r"(?P<amount>[£$€]\s?\d[\d,.]*\d|\d[\d,.]*\s?(?:£|€|\$))",
    re.IGNORECASE,
)
CONDITION: Final = re.compile(
    rf"\b{match_words('fees.compared')}\s+(?:[£$€]\s?)?(?P<amount>\d[\d,.]*)", re.IGNORECASE
)
DISCOUNT: Final = compile_words(match_words("fees.discounts"))
POSTAGE: Final = "postage"


@dataclass(frozen=True)
class Fee:
    """What a matter costs: how much of a ``unit`` ("%", a currency, "postage", "" for nothing)."""

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
