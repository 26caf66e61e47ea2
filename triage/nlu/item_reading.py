"""What was read of a message's items, held against its text sentence by sentence.

Pure, English.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from triage.nlu.document import Document
from triage.nlu.item_sentences import BOTH, ItemSentence, list_item_sentences
from triage.nlu.requests import MONEY_KINDS, find_requests
from triage.nlu.spoken_words import PhraseTable, SpokenWord


@dataclass(frozen=True)
class ReadItem:
    """An item of the order, how many of it can go back, and how many are ``asked`` for."""

    name: str
    left: int
    asked: int = 0


@dataclass(frozen=True)
class ReadItems:
    """How a message was read: all its items, whether all or all but some are asked for, and
    whether so many pieces of one are ``counted`` off ("all but one of the lamps").
    """

    items: Sequence[ReadItem]
    all_asked: bool
    some_kept: bool
    counted: bool


@dataclass(frozen=True)
class Reading:
    """What was read, and the text it was read of, sentence by sentence."""

    read: ReadItems
    lines: Sequence[ItemSentence]
    requests: Sequence[tuple[int, int]]

    @cached_property
    def asked(self) -> frozenset[int]:
        return frozenset(n for n, item in enumerate(self.read.items) if item.asked)

    @cached_property
    def pieces(self) -> int:
        return sum(item.asked for item in self.read.items)

    @cached_property
    def named(self) -> frozenset[int]:
        return frozenset().union(*(line.places for line in self.lines))

    @cached_property
    def names_what_is_asked(self) -> bool:
        """Whether a sentence that asks for money names what was found."""
        return any(self.has_request(each) and each.places & self.asked for each in self.lines)

    @cached_property
    def says_both(self) -> bool:
        """Whether as many things are asked for as were found."""
        lines = [each for each in self.lines if self.has_request(each)]
        both = any(word.text == "both" for line in lines for word in line.words)
        return both and len(self.asked) == BOTH

    def has_request(self, line: ItemSentence) -> bool:
        """Whether a request for money begins in a sentence."""
        start, end = line.words[0].start, line.words[-1].end
        return any(start <= place[0] < end for place in self.requests)


Sign = Callable[[Reading, ItemSentence], bool]
"""Whether a sentence speaks against what was read."""


def read_sentences(document: Document, read: ReadItems) -> Reading:
    """The text of what was read, its sentences with the items that they name.

    Words that name several items alike name the one that is asked for, where one of them is.
    """
    lines = list_item_sentences(document, [item.name for item in read.items])
    requests = [(r.start, r.end) for r in find_requests(document) if r.kind in MONEY_KINDS]
    asked = frozenset(n for n, item in enumerate(read.items) if item.asked)
    return Reading(read, [_drop_alike(line, asked) for line in lines], requests)


def _drop_alike(line: ItemSentence, asked: Collection[int]) -> ItemSentence:
    """The sentence without other items that the very words of an asked one name as well."""
    taken = {at for m in line.mentions if m.place in asked for at in range(m.first, m.last)}
    kept = (
        m for m in line.mentions if m.place in asked or taken.isdisjoint(range(m.first, m.last))
    )
    return replace(line, mentions=tuple(kept))


def has_phrase(line: ItemSentence, table: PhraseTable) -> bool:
    """Whether a phrase of the table stands in a sentence."""
    return table.find_first(line.words) is not None


def find_phrases(line: ItemSentence, table: PhraseTable) -> list[int]:
    """The words at which phrases of the table begin in a sentence."""
    return [at for at in range(len(line.words)) if table.match_length(line.words, at)]


def has_any(words: Sequence[SpokenWord], known: Collection[str]) -> bool:
    """Whether one of the words is a known one."""
    return any(word.text in known for word in words)
