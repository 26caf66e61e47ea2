"""A message in the pieces of which each may ask one thing.

Pure. A sentence that asks two things ("when is it coming and can I change the address?") is two
pieces; a list of things is not.
"""

from __future__ import annotations

import re
from typing import Final

from triage.nlu.asked_signs import WORDS
from triage.nlu.sentences import SentenceRule, cut_sentences

MAX_PIECES: Final = 60
PIECE: Final = SentenceRule.build(
    ".!?;", r"\s[-–—]\s", r"(?<=\w)\.{2,}\s*", r"(?<=\w)[-–—]{2,}\s*", r"(?<=\?)(?=\w)"
)
JOINED_QUESTION: Final = re.compile(
    rf"(?:,?\s(?:{WORDS['joins']})\s+(?=(?:{WORDS['openers']})\b)"
    rf"|,\s+(?=(?:{WORDS['interrogatives']})\b))",
    re.IGNORECASE,
)
"""Where a second question or wish begins within a sentence."""
SUBORDINATE: Final = re.compile(rf"\W*{WORDS['subordinate']}\b", re.IGNORECASE)
"""What depends on the clause that follows, and is cut from it nowhere."""
TRAILING_JOIN: Final = re.compile(rf"(?:,?\s+(?:{WORDS['joins']})|,)\s*$", re.IGNORECASE)
WRAPPED: Final = re.compile(r"(?<=\S)\n(?=[a-z])")
"""A line that goes on with a small letter was broken by a mail program."""
QUOTED_LINE: Final = re.compile(r"^\s*>.*$", re.MULTILINE)
MIN_WORDS_BEFORE: Final = 2
"""What is split off has at least so many words before it: "and what, and when" stays whole."""


def cut_pieces(text: str) -> tuple[str, ...]:
    """The pieces of a text in order, at most ``MAX_PIECES``; quoted lines are none of its own."""
    found: list[str] = []
    for said in cut_sentences(WRAPPED.sub(" ", QUOTED_LINE.sub("", text)), PIECE):
        if any(character.isalnum() for character in said):
            found += _split_joined(said.strip())
    return tuple(found[:MAX_PIECES])


def _split_joined(sentence: str) -> list[str]:
    """The sentence cut where a second question or wish begins."""
    cuts = [0]
    for join in JOINED_QUESTION.finditer(sentence):
        before = sentence[cuts[-1] : join.start()]
        if len(before.split()) >= MIN_WORDS_BEFORE and not SUBORDINATE.match(before):
            cuts.append(join.end())
    parts = (sentence[a:b] for a, b in zip(cuts, [*cuts[1:], len(sentence)], strict=True))
    return [TRAILING_JOIN.sub("", part).strip() for part in parts]
