"""The sentences of a message with the items that each names, and the numbers said of them.

Pure, English.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from triage.nlu.document import Document
from triage.nlu.item_names import (
    NUMBER_WORDS,
    find_mentions,
    find_unique_words,
    singularize_word,
)
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spared_items import find_trouble
from triage.nlu.spoken_words import Sentence, SpokenWord, list_sentences
from triage.nlu.whole_order import MARKS

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "item_sentences.toml").items()
}
MAX_WORDS_TO_NAME: Final = 4
MAX_COUNT_DIGITS: Final = 2
BOTH: Final = 2


class Mention(NamedTuple):
    """An item named in a sentence by its ``place`` among the names, from which word up to which."""

    place: int
    first: int
    last: int


@dataclass(frozen=True)
class ItemSentence:
    """A sentence with the items it names."""

    words: Sentence
    mentions: tuple[Mention, ...]

    @cached_property
    def places(self) -> frozenset[int]:
        return frozenset(each.place for each in self.mentions)

    @cached_property
    def tells_of_trouble(self) -> bool:
        return tells_of_trouble(self.words)

    def find_nearest(self, at: int) -> Mention | None:
        """The item named nearest to a word."""
        return min(self.mentions, key=lambda m: max(m.first - at, at - m.last, 0), default=None)

    def list_counts(self, place: int, left: int) -> list[int]:
        """The numbers said of an item of which there are so many; not how many were bought."""
        counts = [(at, read_count(word.text)) for at, word in enumerate(self.words)]
        return [
            count
            for at, count in counts
            if 0 < count <= left
            and _is_count_of(self, at, place)
            and not (count == left and _is_number_bought(self.words, at))
        ]


def list_item_sentences(document: Document, names: Sequence[str]) -> tuple[ItemSentence, ...]:
    """The sentences of a text, each with the items of these ``names`` in it."""
    unique = find_unique_words(names)
    return tuple(
        ItemSentence(words, tuple(_iter_mentions(words, names, unique)))
        for words in list_sentences(document)
    )


def tells_of_trouble(words: Sequence[SpokenWord]) -> bool:
    """Whether something is wrong with something: "came torn", "has a hole"."""
    return find_trouble(words) or any(word.text in LISTS["harm"] for word in words)


def is_filler(words: Sequence[SpokenWord]) -> bool:
    """Whether nothing but articles, numbers and what joins a list stands there."""
    return all(
        w.text in LISTS["joining"] or w.text.isdigit() or w.text in NUMBER_WORDS for w in words
    )


def is_both(words: Sentence, at: int) -> bool:
    """Whether a word is a "both" that stands for things, and not for what follows it."""
    behind = words[at + 1].text if at + 1 < len(words) else "."
    return words[at].text == "both" and behind in MARKS | LISTS["behind_count"]


def _iter_mentions(
    words: Sentence, names: Sequence[str], unique: Mapping[str, Collection[str]]
) -> Iterator[Mention]:
    at = [n for n, word in enumerate(words) if word.text.isalnum()]
    said = [singularize_word(words[n].text) for n in at]
    for place, name in enumerate(names):
        for each in find_mentions(said, name, unique[name]):
            yield Mention(place, at[each.first], at[each.last] + 1)


def read_count(word: str) -> int:
    """The number that a word is, "both" too; 0 for none."""
    if word == "both":
        return BOTH
    if word.isdecimal():
        return int(word) if len(word) <= MAX_COUNT_DIGITS else 0
    return NUMBER_WORDS.get(word, 0)


def _is_count_of(line: ItemSentence, at: int, place: int) -> bool:
    """Whether a number counts the item: right before its name, or where no noun is behind it."""
    words = line.words
    ahead = [each for each in line.mentions if 0 < each.first - at <= MAX_WORDS_TO_NAME]
    near = [each for each in ahead if is_filler(words[at + 1 : each.first])]
    if near:
        return any(each.place == place for each in near)
    before = words[at - 1].text if at else ""
    behind = words[at + 1].text if at + 1 < len(words) else "."
    if before == "all" or behind == "of":
        return True
    if words[at].text == "both" and len(line.places) > 1:
        return False
    if behind in LISTS["behind_pronoun"]:
        return before not in LISTS["no_number"]
    ends = behind in MARKS | LISTS["behind_count"]
    return (is_both(words, at) and len(line.places) < BOTH) or (
        ends and before in LISTS["before_count"]
    )


def _is_number_bought(words: Sentence, at: int) -> bool:
    """As in "one of the three lamps", "I bought three lamps": how many there are."""
    near = {word.text for word in words[max(0, at - 2) : at]}
    return bool(near & LISTS["bought"]) and "all" not in near
