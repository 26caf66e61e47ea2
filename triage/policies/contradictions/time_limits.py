"""Time limits: how long a customer, or the shop, has for something.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from triage.policies.contradictions.conditions import Circumstances
from triage.policies.contradictions.entitlements import (
    GOODS_ACTS,
    add_unwanted_reason,
    iter_remedy_acts,
)
from triage.policies.contradictions.quantities import OTHER_EVENT, Length
from triage.policies.contradictions.rule_sentence import Sentence
from triage.policies.contradictions.rule_words import (
    WORDS,
    compile_words,
    list_names,
    match_words,
)

Cues = tuple[tuple[str, re.Pattern[str]], ...]


REFUNDS_PAID: Final = (
    rf"\b{match_words('payments.subjects')}\b[^.]{{0,40}}\b{match_words('payments.verbs')}\b"
    rf"|\b{match_words('payments.waits')}\b[^.]{{0,40}}\brefunds?\b"
)
STRUCTURED_CUES: Final = {
    "payment": REFUNDS_PAID,
    "return": rf"\b{match_words('others.giving_back')}\b(?: \w+){{0,3}} back\b",
    "price": r"\bmatch\w*\b[^.]{0,12}\bprices?\b",
}
SOMETHING_ELSE: Final = (
    rf"\b{match_words('others.we')} (?!{match_words('others.known_acts')}|do\b)\w+"
)


def _compile_cues(table: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name in list_names(table):
        words = rf"\b{match_words(f'{table}.{name}')}\b"
        extra = [STRUCTURED_CUES[name]] if name in STRUCTURED_CUES else []
        yield name, re.compile("|".join([*extra, words]), re.IGNORECASE)


STRONG_CUES: Final = (
    *_compile_cues("strong"),
    ("something else", re.compile(SOMETHING_ELSE, re.IGNORECASE)),
)
"""What a sentence grants: of several the one nearest before the figure, else the nearest."""
WEAK_CUES: Final = tuple(_compile_cues("weak"))
"""The same where nothing else is granted."""
WE_REFUND: Final = compile_words(match_words("payments.we_pay"))
MATTERS_WITHOUT_REASON: Final = frozenset({"warranty", "repair"})
CUSTOMER_STARTS: Final = frozenset({"delivery", "purchase"})
"""Where a refund counts from here, it is the customer who has that long."""
COMMON_MATTERS: Final = frozenset(WORDS["common_matters"])


@dataclass(frozen=True)
class Window:
    """How long there is for a matter; ``remedies`` are what is given within it."""

    matter: str
    about: Circumstances
    length: Length
    remedies: frozenset[str]

    @property
    def shown(self) -> str:
        start = f" from {self.length.start}" if self.length.start else ""
        return f"{self.length.shown}{start}"


def parse_windows(sentence: Sentence) -> Iterator[Window]:
    """The windows of a sentence that are understood."""
    for length in sentence.lengths:
        matter = _find_matter(sentence, length) if length.upper else ""
        about = sentence.build_conditions(but=length)
        if matter in ("", "something else") or (matter not in COMMON_MATTERS and not about):
            continue
        if matter in GOODS_ACTS and length.start == "the return":
            length = replace(length, start="delivery")  # "within 14 days of receiving it"
        about = add_unwanted_reason(about, [(matter, True)])
        if matter in MATTERS_WITHOUT_REASON:
            about = Circumstances(about.things)
        remedies = frozenset(name for name, granted in iter_remedy_acts(sentence.text) if granted)
        yield Window(matter, about, length, remedies - {"return", "cancelling"})


def is_contradiction(one: Window, other: Window) -> bool:
    """Whether the same case has two windows: another length, or one from another day."""
    if one.matter != other.matter or not one.about.is_same_as(other.about):
        return False
    if one.remedies and other.remedies and not one.remedies & other.remedies:
        return False  # a scale: first the money, then store credit
    if OTHER_EVENT in (one.length.start, other.length.start):
        return False
    starts = {one.length.start, other.length.start} - {""}
    if one.matter == "payment" and len(starts) > 1:
        return False
    return not one.length.is_same_as(other.length) or len(starts) > 1


def _find_matter(sentence: Sentence, length: Length) -> str:
    rest = length.span[0], length.span[1]
    text = sentence.text[: rest[0]] + " " * (rest[1] - rest[0]) + sentence.text[rest[1] :]
    found = (
        _find_nearest_matter(STRONG_CUES, text, rest[0])
        or _find_nearest_matter(WEAK_CUES, text, rest[0])
        or _find_nearest_matter(STRONG_CUES, sentence.heading, 0)
        or _find_nearest_matter(WEAK_CUES, sentence.heading, 0)
        or _find_nearest_matter(STRONG_CUES, sentence.title, 0)
    )
    if found == "payment" and length.start in CUSTOMER_STARTS:
        return "return"
    if found == "return" and length.start not in CUSTOMER_STARTS and WE_REFUND.search(text):
        return "payment"
    return found


def _find_nearest_matter(cues: Cues, text: str, at: int) -> str:
    """The matter whose words are nearest to a place; those before it go first."""
    found = [
        (m.start() >= at, abs(at - (m.end() if m.start() < at else m.start())), name)
        for name, pattern in cues
        for m in pattern.finditer(text)
    ]
    return min(found)[2].strip() if found else ""
