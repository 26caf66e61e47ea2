"""Where a text can be cut: one splitter of sentences, and the rules by which readers cut.

Pure. Most readers want the plain rule. The others differ on purpose, each for a reason told
with it; what was fitted or measured on a rule has to be read by the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from triage.contract.slots import CLOSE, OPEN


class Span(NamedTuple):
    """The characters of a text from the first up to the second."""

    start: int
    end: int


@dataclass(frozen=True)
class SentenceRule:
    """A way to cut: ``gap`` matches what lies between two sentences and belongs to neither."""

    gap: re.Pattern[str]

    @classmethod
    def build(cls, marks: str = ".!?", *more: str, closing: str = r"\s+") -> SentenceRule:
        """A sentence ends at one of the marks with ``closing`` behind it, at a line's end, or at
        one of ``more``.
        """
        return cls(re.compile("|".join((rf"(?<=[{marks}]){closing}", r"\n+", *more))))


PLAIN: Final = SentenceRule.build()
POLICY: Final = SentenceRule.build(".!?;")
"""Policies list their conditions with semicolons: each is a rule of its own."""
LABELLED: Final = SentenceRule.build(".!?:")
"""Our own replies put a decision behind a colon."""
REPLY: Final = SentenceRule.build(".!?…", closing=r"[\"”’')\]]*\s+(?=\S)")
"""Replies quote: a quotation mark or bracket behind the stop belongs to neither sentence."""
TOKENIZED: Final = SentenceRule.build(".!?", r"\s\.\s")
"""SummEdits, on which the signs of doubt were weighted, writes its stops apart from the words."""
INFORMAL: Final = SentenceRule.build(
    ".!?;", r"\s[-–—]\s", r"(?<=\w)\.{2,}\s*", r"(?<=\w)[-–—]{2,}\s*"
)
"""Mails to a desk cut with dashes and dots. The detector of several matters was fitted on it."""
INFORMAL_JOINED: Final = SentenceRule.build(".!?;", r"(?<=\w)\s*(?:\.{2,}|[-–—]{2,}|\s[-–—]\s)\s*")
"""The same, cutting only behind a word, also where blanks stand before the dots: the weights of
the detector for versions without one of their own were fitted on it."""
LIST_ITEM_AHEAD: Final = (
    r"(?:\s{1,3}(?!(?:i|we|you|it|please|is|are|was|were|can|could|want|return|refund|cancel|keep"
    r"|exchange)\b)[^\s.;!?]{1,40}){1,12}\s{0,3}(?:[.;]|$)"
)
"""Only some words up to the next mark: one more thing of a list, not a sentence."""
REQUEST: Final = SentenceRule(
    re.compile(
        rf"[.!?]+(?=\s|$)|;(?=\s|$)(?!{LIST_ITEM_AHEAD})|\n{{2,}}|\n(?=\s{{0,9}}[-*•])",
        re.IGNORECASE,
    )
)
"""Requests go on over the lines of a mail and over a list with semicolons: "return the mug; the
lamp." is one. The marks count as read, so that what follows a verb ends with its stop."""
SLOTTED_SENTENCE: Final = re.compile(
    rf"[^.!?\n]+?(?:[.!?]+|{OPEN}clause[0-9]*{CLOSE}(?=\s+[A-Z{OPEN}])|(?=\n)|$)|\n+"
)
"""A writer's sentence ends at its stop, at a quoted clause before a capital, or with its line."""


def cut_sentences(text: str, rule: SentenceRule = PLAIN) -> list[str]:
    """All that lies between the gaps, blanks and empty pieces included."""
    return rule.gap.split(text)


def split_sentences(text: str, rule: SentenceRule = PLAIN) -> list[str]:
    """The sentences of a text, stripped; none is empty."""
    return [said for part in cut_sentences(text, rule) if (said := part.strip())]


def iter_sentence_spans(text: str, rule: SentenceRule = PLAIN) -> Iterator[Span]:
    """Where ``split_sentences`` finds each sentence in the text."""
    start = 0
    for gap in [*rule.gap.finditer(text), None]:
        stop = gap.start() if gap else len(text)
        said = text[start:stop]
        if said.strip():
            yield Span(start + len(said) - len(said.lstrip()), start + len(said.rstrip()))
        start = gap.end() if gap else stop


def iter_segments(text: str, rule: SentenceRule) -> Iterator[Span]:
    """The text without a gap in it: each sentence up to the end of what closes it."""
    start = 0
    for gap in rule.gap.finditer(text):
        yield Span(start, gap.end())
        start = gap.end()
    yield Span(start, len(text))


def iter_slotted_sentences(text: str) -> Iterator[str]:
    """The sentences of a slotted text in order; a line break comes as whitespace alone."""
    for match in SLOTTED_SENTENCE.finditer(text.replace("\r", "").strip()):
        yield match.group()
