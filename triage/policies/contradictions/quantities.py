"""The quantities of a sentence: how long and from when, which share, which amount.

Pure. Days are calendar days; five working days count as seven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from triage.nlu.content_words import NUMBER_VALUES
from triage.policies.contradictions.rule_words import compile_words, match_words

NUMBER_WORD: Final = "|".join(word for word, value in NUMBER_VALUES.items() if value >= 1)
NUMBER: Final = rf"\d+(?:\.\d+)?|(?:{NUMBER_WORD})\b|an?\b"
UNITS: Final = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "night": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "year": 365.25,
}
LENGTH: Final = re.compile(
    rf"\b(?:(?P<low>{NUMBER})\s*(?:to|or|-|–)\s*)?(?P<number>{NUMBER})[\s-]*(?:(?:full|whole)\s+)?"
    rf"(?P<working>working|business|week)?[\s-]*(?:calendar\s+)?(?P<unit>{'|'.join(UNITS)})s?\b",
    re.IGNORECASE,
)
START: Final = re.compile(
    rf"^['’]?,?\s*{match_words('lengths.openings')}\b(?P<what>[^,;:.]{{0,70}})", re.IGNORECASE
)
START_END: Final = compile_words(match_words("lengths.openings_end"))
RECEIVING: Final = (
    rf"{match_words('delivery.getting')} (?:it|them|{match_words('delivery.owners')}"
    rf" (?:\w+ )?{match_words('delivery.goods')})"
)
DELIVERY: Final = re.compile(
    rf"\b(?:{match_words('delivery.events')}|{RECEIVING}"
    rf"|(?:it|you) {match_words('delivery.reaching')}(?! \w))"
)
STARTS: Final = (
    ("the return", compile_words(match_words("starts.the return"))),
    ("agreement", compile_words(match_words("starts.agreement"))),
    ("dispatch", compile_words(match_words("starts.dispatch"))),
    ("delivery", DELIVERY),
    ("purchase", compile_words(match_words("starts.purchase"))),
    ("the end", compile_words(match_words("starts.the end"))),
)
EVENT: Final = re.compile(r"^ (?:after|from|since|following|once)?.*\w+ing\b|^ the day\b")
OTHER_EVENT: Final = "another event"
UPPER: Final = re.compile(rf"\b{match_words('lengths.upper')}\s*$", re.IGNORECASE)
BEYOND: Final = re.compile(rf"\b{match_words('lengths.beyond')}\s*$", re.IGNORECASE)
CLOSES: Final = compile_words(match_words("lengths.closing"))
PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|per ?cent\b)")
MONEY: Final = re.compile(
    r"(?P<sign>[£$€])\s?(?P<one>\d[\d,]*(?:\.\d+)?)|(?P<two>\d[\d,]*(?:\.\d+)?)\s?"
    r"(?P<code>[£$€]|(?:GBP|EUR|USD|pounds|euros?|dollars)\b)",
    re.IGNORECASE,
)
CURRENCIES: Final = {
    **dict.fromkeys(("gbp", "pounds"), "£"),
    **dict.fromkeys(("eur", "euro", "euros"), "€"),
    **dict.fromkeys(("usd", "dollars"), "$"),
}
LENGTH_TOLERANCE: Final = 0.04
"""Up to this share two lengths are the same: one month and 30 days, 24 months and 2 years."""
WORKING_DAYS_TOLERANCE: Final = 0.3
"""The same where only one of them counts working days."""


@dataclass(frozen=True)
class Length:
    """A length of time in calendar days, as it is written, and the event it counts from."""

    days: float
    shown: str
    start: str
    working: bool
    upper: bool
    span: tuple[int, int]

    def __str__(self) -> str:
        return f"{'within' if self.upper else 'beyond'} {self.days:g} days"

    def is_same_as(self, other: Length) -> bool:
        """Whether two lengths differ by no more than the share that counts as the same."""
        allowed = LENGTH_TOLERANCE if self.working == other.working else WORKING_DAYS_TOLERANCE
        return abs(self.days - other.days) <= allowed * max(self.days, other.days)


def parse_lengths(sentence: str) -> Iterator[Length]:
    """Every length of time; ``upper`` where it is a maximum and not a condition.

    ``span`` covers the start as well, so that "of delivery" can be taken out.
    """
    for found in LENGTH.finditer(sentence):
        rest = START.match(sentence[found.end() :])
        start, end = _parse_start(rest["what"] if rest else "")
        working = (found["working"] or "").lower() in ("working", "business")
        days = (
            _parse_number(found["number"]) * UNITS[found["unit"].lower()] * (1.4 if working else 1)
        )
        yield Length(
            days=days,
            shown=found.group().strip(),
            start=start,
            working=working,
            upper=_is_upper_limit(sentence, found.start()),
            span=(found.start(), found.end() + (rest.start("what") + end if rest and start else 0)),
        )


def _is_upper_limit(sentence: str, at: int) -> bool:
    before = sentence[:at]
    if BEYOND.search(before):
        return bool(CLOSES.search(sentence))
    return bool(UPPER.search(before)) or not before.strip()


def _parse_start(what: str) -> tuple[str, int]:
    """The event that is counted from, and where the words about it end."""
    end = START_END.search(what)
    words = what[: end.start()] if end else what
    lower = words.lower()
    found = next((name for name, pattern in STARTS if pattern.search(lower)), "")
    return found or (OTHER_EVENT if EVENT.search(lower) else ""), len(words)


def _parse_number(number: str) -> float:
    word = number.lower()
    if word in ("a", "an"):
        return 1.0
    return NUMBER_VALUES[word] if word in NUMBER_VALUES else float(number)


def parse_percentages(sentence: str) -> list[float]:
    """Each percentage of a sentence, 20 for "20 %"."""
    return [float(number) for number in PERCENT.findall(sentence)]


def parse_amounts(sentence: str) -> list[tuple[str, float]]:
    """Currency and amount of each sum of money; signs and codes are one."""
    return [
        (CURRENCIES.get(sign.lower(), sign.lower()), float(number.replace(",", "")))
        for match in MONEY.finditer(sentence)
        for sign, number in [(match["sign"] or match["code"], match["one"] or match["two"])]
    ]
