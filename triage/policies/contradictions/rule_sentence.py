"""A sentence of a clause with what is known of its case.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from triage.contract.case import Clause
from triage.nlu.sentences import POLICY, cut_sentences
from triage.policies.contradictions.conditions import Circumstances, parse_circumstances
from triage.policies.contradictions.quantities import Length, parse_lengths

MARKUP: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`#>|]+", re.MULTILINE)
CONTINUATION: Final = re.compile(
    r"^\W*(?:it|they|them|this|these|those|if (?:it|one|they)|one|such|there is|you receive"
    r"|we (?:do not|don['’]t|cannot) \w+ (?:it|them|one))\b",
    re.IGNORECASE,
)
"""A sentence that goes on about the case of the one before."""
TIER: Final = re.compile(r"\bfrom (?:the |day )+\d+", re.IGNORECASE)
"""The second step of a scale: it begins where the first one ends."""


@dataclass(frozen=True)
class Sentence:
    """One sentence; ``about`` is its case, with what heading and sentence before say of it."""

    text: str
    heading: str
    title: str
    about: Circumstances

    @cached_property
    def lengths(self) -> tuple[Length, ...]:
        return tuple(parse_lengths(self.text))

    def build_conditions(self, but: Length | None = None) -> Circumstances:
        """The case, with each other length of time as a condition of its own."""
        others = {str(length) for length in self.lengths if length != but}
        return self.about | Circumstances(frozenset(others))


def split_sentences(clause: Clause) -> Iterator[Sentence]:
    """The sentences of a clause in their order."""
    text = MARKUP.sub(r"\1", clause.text)
    tier = Circumstances(frozenset({"late"} if TIER.search(text) else ()))
    before = Circumstances()
    for sentence in filter(str.strip, cut_sentences(text, POLICY)):
        own = parse_circumstances(_strip_lengths(sentence))
        above = parse_circumstances(clause.heading, unnamed=not own.things)
        about = own | above | tier | (before if CONTINUATION.search(sentence) else Circumstances())
        yield Sentence(sentence, clause.heading, clause.policy_title, about)
        before = about


def _strip_lengths(sentence: str) -> str:
    """A sentence without its lengths and the events they count from."""
    for length in reversed(tuple(parse_lengths(sentence))):
        sentence = f"{sentence[: length.span[0]]} {sentence[length.span[1] :]}"
    return sentence
