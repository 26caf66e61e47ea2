"""The phrases of one part of an order, in any script, matched among the words of a sentence.

Pure. A "~" stands for the rest of a word; a word of a script without blanks between words is found
inside a longer one; all else as whole words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from triage.nlu.lexicon import load_lexicon
from triage.nlu.spoken_words import iter_words

FIRST_UNSPACED: Final = "\u0e00"
"""From here on scripts set no blanks between words, or grow words at their ends; Vietnamese does
neither, though it has letters of its own further on."""
VIETNAMESE: Final = re.compile(r"[\u1e00-\u1eff]")
MIN_STEM_CHARS: Final = 2


@dataclass(frozen=True)
class Part:
    """Phrases by their first word; those found inside a word; those by their beginning."""

    phrases: dict[str, list[tuple[str, ...]]]
    inside: tuple[str, ...]
    beginnings: dict[str, list[tuple[str, ...]]]

    def iter_places(self, said: Sequence[str]) -> Iterator[int]:
        """Where one of the phrases begins."""
        foreign = self.inside and not all(map(str.isascii, said))
        if self.beginnings or foreign or not self.phrases.keys().isdisjoint(said):
            yield from (at for at in range(len(said)) if self.match_length(said, at))

    def match_length(self, said: Sequence[str], at: int) -> int:
        """How many words from that place on are the longest of the phrases; 0 for none."""
        word = said[at]
        near = self.beginnings.get(word[:MIN_STEM_CHARS], ())
        found = [len(phrase) for phrase in near if _begins(phrase, said[at : at + len(phrase)])]
        whole = self.phrases.get(word, ())
        found += [len(phrase) for phrase in whole if said[at : at + len(phrase)] == phrase]
        is_inside = self.inside and not word.isascii()
        if not found and is_inside and any(phrase in word for phrase in self.inside):
            return 1
        return max(found, default=0)


def build_part(phrases: Sequence[str]) -> Part:
    """The phrases, sorted by how each is looked for."""
    made = Part({}, tuple(filter(_is_unspaced, phrases)), {})
    for phrase in phrases:
        if "~" in phrase:
            stems = tuple(phrase.casefold().split())
            made.beginnings.setdefault(stems[0][:MIN_STEM_CHARS], []).append(stems)
        elif not _is_unspaced(phrase):
            words = tuple(word.text for word in iter_words(phrase))
            made.phrases.setdefault(words[0], []).append(words)
    return made


def load_parts(path: Path) -> dict[str, Part]:
    """The lists of a lexicon by name, each as a part."""
    return {name: build_part(phrases) for name, phrases in load_lexicon(path).items()}


def _is_unspaced(phrase: str) -> bool:
    if " " in phrase or "~" in phrase or VIETNAMESE.search(phrase):
        return False
    return any(char >= FIRST_UNSPACED and char.isalpha() for char in phrase)


def _begins(phrase: tuple[str, ...], said: Sequence[str]) -> bool:
    return len(phrase) == len(said) and all(
        word.startswith(stem[:-1]) if stem.endswith("~") else word == stem
        for stem, word in zip(phrase, said, strict=True)
    )
