"""A message as one document: read once, handed on, and gone with the one who made it.

Pure. ``Document.read`` takes the beginning of any text; whoever looks for something in it adds
what was found as a function of the document (``keep_on_argument``), so that nothing is read
twice and no worker remembers a customer's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from triage.contract.slots import CLOSE, OPEN
from triage.nlu.sentences import REQUEST, Span, iter_segments, split_sentences

MAX_TEXT_CHARS: Final = 20_000
"""How many characters of a text are looked at."""
MAX_WORD_CHARS: Final = 300
SLOT_BRACKETS: Final = re.compile(rf"[{OPEN}{CLOSE}]")
INVISIBLE: Final = re.compile("[\u200b\u2060-\u2064\U000e0000-\U000e007f]")
"""Between the letters of one word these make words of another."""
LONG_WORD: Final = re.compile(rf"(?<!\S)(\S{{{MAX_WORD_CHARS}}})\S{{1,{MAX_TEXT_CHARS}}}")
TOKEN: Final = re.compile(r"[^\W_]{1,60}")


@dataclass(frozen=True)
class Document:
    """The part of a text that is read. Its parts are found when they are first asked for."""

    text: str

    @classmethod
    def read(cls, text: str) -> Document:
        """The document of the beginning of a text."""
        return cls(truncate_text(text))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words as written, letters and digits alone."""
        return tuple(TOKEN.findall(self.text))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Its sentences by the plain rule."""
        return tuple(split_sentences(self.text))

    @cached_property
    def clauses(self) -> tuple[Span, ...]:
        """The stretches that a request is looked for in: together they are the whole text."""
        return tuple(iter_segments(self.text, REQUEST))


def truncate_text(text: str) -> str:
    """The part of a text that is read: its beginning, with the beginning of each long word.

    A long text ends before the word that the limit falls into, lest half a value be read.
    Slot brackets and invisible characters are removed.
    """
    if len(text) > MAX_TEXT_CHARS:
        text = "".join(text[:MAX_TEXT_CHARS].rsplit(None, 1)[:1])
    return LONG_WORD.sub(r"\1…", SLOT_BRACKETS.sub(" ", INVISIBLE.sub("", text)))
