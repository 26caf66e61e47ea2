"""A text as words and marks, each at its place, and phrases of a lexicon found among them.

Pure. For readers to whom it matters what stands between two words: a comma, a stop, a "not".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from triage.contract.memo import keep_on_argument
from triage.nlu.document import Document
from triage.nlu.lexicon import CURLED, STRAIGHT, load_lexicon

WORD_OR_MARK: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|\n")
STOPS: Final = frozenset(".!?;")
LINE: Final = "\n"


class SpokenWord(NamedTuple):
    """A word in lower case, or a mark, and the characters of the text that it is."""

    text: str
    start: int
    end: int


Sentence = tuple[SpokenWord, ...]


class PhraseTable:
    """Phrases by their first word, the longest first; an apostrophe is a straight one."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(phrases, key=len, reverse=True):
            words = tuple(word.text for word in iter_words(phrase))
            self._by_first.setdefault(words[0], []).append(words)

    def match_length(self, words: Sequence[SpokenWord], at: int) -> int:
        """How many words from that place on are a phrase of the table; 0 for none."""
        if not 0 <= at < len(words):
            return 0
        for phrase in self._by_first.get(words[at].text, ()):
            if tuple(word.text for word in words[at : at + len(phrase)]) == phrase:
                return len(phrase)
        return 0

    def find_first(self, words: Sequence[SpokenWord]) -> int | None:
        """The place of the first phrase among the words; None for none."""
        return next((at for at in range(len(words)) if self.match_length(words, at)), None)


def load_phrase_tables(path: Path) -> Mapping[str, PhraseTable]:
    """The lists of a lexicon by name, each as a table of its phrases."""
    return {name: PhraseTable(phrases) for name, phrases in load_lexicon(path).items()}


def iter_words(text: str) -> Iterator[SpokenWord]:
    """The words and marks of a text; the end of a line is a mark too."""
    for match in WORD_OR_MARK.finditer(text):
        said = match.group().casefold().replace(CURLED, STRAIGHT)
        yield SpokenWord(said, match.start(), match.end())


@keep_on_argument
def list_sentences(document: Document) -> tuple[Sentence, ...]:
    """The sentences of a document, each with its stop.

    One ends at a stop that no digit follows, at a blank line, and at the end of a line where
    the next begins with a capital, a dash or a star: mails break their lines where they like.
    """
    found: list[Sentence] = []
    held: list[SpokenWord] = []
    for word in iter_words(document.text):
        if word.text != LINE:
            held.append(word)
        if held and _is_end(word, document.text):
            found.append(tuple(held))
            held = []
    return tuple([*found, tuple(held)] if held else found)


def _is_end(word: SpokenWord, text: str) -> bool:
    after = text[word.end : word.end + 2].lstrip(" ")
    if word.text in STOPS:
        return not after[:1].isdigit()
    return word.text == LINE and (after[:1] in "\n-*•" or after[:1].isupper())


def has_only(words: Sequence[SpokenWord], known: Collection[str]) -> bool:
    """Whether all of the words are known ones."""
    return all(word.text in known for word in words)
