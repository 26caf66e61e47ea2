"""Misspelt words are read as the shop's own that they nearly are.

An encoder takes a misspelt word to pieces that mean something else: of ten-shot Banking77 with a
quarter of the words misspelt 77 of 100 got their label, mended 85. Words that are English are left
alone, whatever the shop's are ("deactivate" is not "activate"). Only what labels reads the mended
text: what is quoted, searched for and computed with is what the customer wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from symspellpy import SymSpell

    from triage.signals.tfidf import Terms

WORD_PATTERN = re.compile(r"(?<![\w@.])[^\W\d_]{4,}(?!['’\w@])")  # no "isn't", no address
DICTIONARY = "frequency_dictionary_en_82_765.txt"
LONG_WORD_CHARS = 7  # letters from which two may be wrong, else one
MIN_TEXTS, MIN_OWN_TEXTS = 2, 3  # with a word that is English, and with a name of the shop's own
CONTRACTED = frozenset(
    "aren couldn didn doesn hadn hasn isn mustn needn shouldn wasn weren wouldn".split()
)
"""Halves of "isn't" and the like, as terms have them."""
TURNS = ("un", "non", "mis", "dis", "de", "re", "pre", "in", "im", "over", "under")
"""Beginnings that turn what a known word says: "unreceived" is not "received"."""
UNMARKED = frozenset(f"{half}t" for half in (*CONTRACTED, "haven", "don", "won", "can"))
"""The same without their mark, as people type them."""


@dataclass(frozen=True)
class Mended:
    """A text as it is read, and the words that are read otherwise than they were written."""

    text: str
    words: Mapping[str, str]


class SpellingMender:
    """Knows the words of a version's examples by its terms, and how many texts have each."""

    def __init__(self, terms: Terms, texts: int) -> None:
        counts = _count_texts(terms, texts)
        own = {word: count for word, count in counts.items() if _is_own_word(word, count)}
        self._known = {word for word, count in counts.items() if count >= MIN_TEXTS} | UNMARKED
        self._own = _build_index(own)

    def mend(self, text: str) -> Mended:
        """The text with each misspelt word as the shop's own that is nearest to it."""
        found: dict[str, str] = {}

        def replace_word(match: re.Match[str]) -> str:
            word = match.group()
            named = word[0].isupper() and not _starts_line(match)  # as names are
            read = "" if named else self._find_own_word(word.lower())
            if read:
                found[word] = read
            return read or word

        return Mended(WORD_PATTERN.sub(replace_word, text), found)

    def _find_own_word(self, word: str) -> str:
        """The nearest of the shop's words; "" for a word that is known, or near to none."""
        from symspellpy import Verbosity

        if self._is_known(word) or any(
            word.startswith(turn) and self._is_known(word.removeprefix(turn)) for turn in TURNS
        ):
            return ""
        wrong = 2 if len(word) >= LONG_WORD_CHARS else 1
        near = self._own.lookup(word, Verbosity.CLOSEST, max_edit_distance=wrong)
        return str(near[0].term) if near else ""

    def _is_known(self, word: str) -> bool:
        return word in self._known or word in load_english_words()


def _starts_line(match: re.Match[str]) -> bool:
    return match.start() == 0 or match.string[match.start() - 1] == "\n"


def _count_texts(terms: Terms, texts: int) -> dict[str, int]:
    """How many of the texts have each single word, from its smoothed rarity."""
    rarity = terms.rarity[: len(terms.words)].astype(np.float64)
    counts = np.rint((1 + texts) / np.exp(rarity - 1) - 1).astype(int).tolist()
    return {
        word: count
        for word, count in zip(terms.words, counts, strict=True)
        if WORD_PATTERN.fullmatch(word)
    }


def _is_own_word(word: str, count: int) -> bool:
    if word in load_english_words():
        return count >= MIN_TEXTS
    return count >= MIN_OWN_TEXTS and word not in CONTRACTED


def _build_index(counts: Mapping[str, int]) -> SymSpell:
    from symspellpy import SymSpell

    index = SymSpell(max_dictionary_edit_distance=2)
    for word, count in counts.items():
        index.create_dictionary_entry(word, count)
    return index


@cache
def load_english_words() -> frozenset[str]:
    """82,765 English words, as symspellpy brings them: no customer's."""
    lines = (files("symspellpy") / DICTIONARY).read_text("utf-8-sig").splitlines()
    return frozenset(line.split(" ", 1)[0] for line in lines)
