"""A message in the pieces of which each may ask one thing.

Pure. A sentence that asks two things ("when is it coming and can I change the address?") is two
pieces; a list of things is not.
"""

from __future__ import annotations

import re
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_groups, load_lexicon
from triage.nlu.sentences import INFORMAL, cut_sentences

MAX_PIECES: Final = 60
WORDS: Final = load_groups(LEXICONS / "asked.toml", plain_spaces=True)
JOINED_QUESTION: Final = re.compile(
    rf",? {WORDS['joins']} (?={WORDS['openers']}\b)|, (?={WORDS['interrogatives']}\b)",
    re.IGNORECASE,
)
"""Where a second question or wish begins within a sentence."""
LISTS: Final = load_lexicon(LEXICONS / "asked.toml")
SUBORDINATE: Final = frozenset(LISTS["subordinate"])
CONDITIONS: Final = tuple(LISTS["conditions"])
WRAPPED: Final = re.compile(r"(?<=\S)\n(?=[a-z])")
"""A line that goes on with a small letter was broken by a mail program."""
MIN_WORDS_BEFORE: Final = 2
"""What is split off has at least so many words before it: "and what, and when" stays whole."""


def cut_pieces(text: str) -> tuple[str, ...]:
    """The pieces of a text in order, at most ``MAX_PIECES``; quoted lines are none of its own."""
    found: list[str] = []
    for said in cut_sentences(WRAPPED.sub(" ", _drop_quoted_lines(text)), INFORMAL):
        if any(character.isalnum() for character in said):
            found += _split_joined(said.strip())
    return tuple(found[:MAX_PIECES])


def _split_joined(sentence: str) -> list[str]:
    """The sentence cut where a second question or wish begins."""
    cuts = [(0, len(sentence))]
    for join in JOINED_QUESTION.finditer(sentence):
        begin, end = cuts[-1]
        before = sentence[begin : join.start()]
        if len(before.split()) >= MIN_WORDS_BEFORE and not _is_subordinate(before):
            cuts[-1:] = [(begin, join.start()), (join.end(), end)]
    return [sentence[begin:end].strip(" ,") for begin, end in cuts]


def _is_subordinate(part: str) -> bool:
    """Whether a part depends on what follows, and is cut from it nowhere."""
    said = part.lower().strip()
    return said.partition(" ")[0] in SUBORDINATE and not said.startswith(CONDITIONS)


def _drop_quoted_lines(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
