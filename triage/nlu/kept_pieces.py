"""How many pieces are meant where some of one line are left out: "all but one of the lamps".

Pure, English. Such words become the number that goes back ("2 lamps"); where that is not plain
a question is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from triage.nlu.document import Document
from triage.nlu.item_names import (
    NUMBER_WORDS,
    find_mentions,
    find_unique_words,
    singularize_word,
)
from triage.nlu.kept_items import TABLES
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.requests import find_requests
from triage.nlu.spoken_words import Sentence, list_sentences

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "kept_items.toml").items()
}
COUNT_NOUNS: Final = {"couple": 2, "single": 1}  # a pair of boots is one piece, of lamps two
MAX_DIGITS: Final = 2
MAX_PASSIVE_WORDS: Final = 4


class Pieces(NamedTuple):
    """A line by its name, and how many pieces of it can go back."""

    name: str
    left: int


@dataclass(frozen=True)
class PieceReading:
    """A text with plain numbers of pieces; ``question`` where one is not plain."""

    document: Document
    question: str = ""


@dataclass(frozen=True)
class _Named:
    first: int
    last: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class _Change:
    """What stands for the words from one character up to another; no words: it is open."""

    start: int
    end: int
    words: str
    name: str


@dataclass(frozen=True)
class _Kept:
    place: int
    count: int


def resolve_kept_pieces(document: Document, lines: Sequence[Pieces]) -> PieceReading:
    """The text with "all lamps but one" as "2 lamps", for lines of several pieces."""
    asked = [wish.start for wish in find_requests(document)]
    changes: list[_Change] = []
    kept: list[_Kept] = []
    for words in list_sentences(document):
        reader = _SentenceReader(words, lines, asked, tuple(kept))
        changes += reader.iter_changes()
        kept += reader.list_kept()
    return _apply_changes(document, changes, lines)


def _apply_changes(
    document: Document, changes: Sequence[_Change], lines: Sequence[Pieces]
) -> PieceReading:
    text, end = document.text, len(document.text)
    for change in sorted(changes, key=lambda each: each.start, reverse=True):
        if not change.words:
            left = next((line.left for line in lines if line.name == change.name), 0)
            return PieceReading(document, f"How many of the {left} × {change.name}?")
        if change.end <= end:
            text, end = f"{text[: change.start]}{change.words}{text[change.end :]}", change.start
    return PieceReading(document if not changes else Document.read(text))


def read_count(words: Sequence[str], at: int) -> tuple[int, int]:
    """The number that begins at a word, and how many words it is; (0, 0) for none."""
    said = words[at] if at < len(words) else ""
    if said in {"a", "the"} and words[at + 1 : at + 2] and words[at + 1] in COUNT_NOUNS:
        return COUNT_NOUNS[words[at + 1]], 2
    if said in NUMBER_WORDS or said in COUNT_NOUNS:
        return NUMBER_WORDS.get(said) or COUNT_NOUNS[said], 1
    if said.isdecimal() and len(said) <= MAX_DIGITS and int(said):
        return int(said), 1
    return (1, 2) if words[at : at + 2] == ["just", "one"] else (0, 0)


class _SentenceReader:
    """One sentence, read for pieces of a line that are left out."""

    def __init__(
        self,
        words: Sentence,
        lines: Sequence[Pieces],
        asked: Sequence[int],
        kept: Sequence[_Kept],
    ) -> None:
        self.words, self.lines, self.asked, self.kept = words, lines, asked, kept
        self.said = [word.text for word in words]
        self.named = self._list_named()

    def _list_named(self) -> list[_Named]:
        words = [singularize_word(said) for said in self.said]
        unique = find_unique_words([line.name for line in self.lines])
        found: dict[tuple[int, int], list[int]] = {}
        for place, line in enumerate(self.lines):
            for each in find_mentions(words, line.name, unique[line.name]):
                found.setdefault((each.first, each.last + 1), []).append(place)
        return [_Named(*span, tuple(places)) for span, places in found.items()]

    def iter_changes(self) -> Iterator[_Change]:
        """The words that say how many pieces go back, and what stands for them."""
        for at in range(len(self.words)):
            change = (
                self._match_all_but(at)
                or self._match_exception(at)
                or self._match_other(at)
                or self._match_other_item(at)
            )
            if change is not None:
                yield change

    def list_kept(self) -> list[_Kept]:
        """The pieces of a line that are kept: "I'm keeping one of the lamps"."""
        return [kept for at in range(len(self.words)) if (kept := self._match_keeping(at))]

    def _match_all_but(self, at: int) -> _Change | None:
        """As in "All but one of the lamps"."""
        length = self._match_except(at + 1) if self.said[at] == "all" else 0
        if not length:
            return None
        count, used = read_count(self.said, at + 1 + length)
        named = self._find_named(at + 1 + length + used) if count else None
        return self._build_change(at, named.last, named, count) if named else None

    def _match_exception(self, at: int) -> _Change | None:
        """As in "All lamps except one", "the lamps, all but one"."""
        length = self._match_except(at)
        before = at
        while before and self.said[before - 1] in LISTS["before_exception"]:
            before -= 1
        named = next((each for each in self.named if each.last == before), None)
        if not length or named is None:
            return None
        count, used = read_count(self.said, at + length)
        behind = self._find_named(at + length + used)
        if not count or (behind is not None and behind.places != named.places):
            return None
        first = named.first
        while first and self.said[first - 1] in LISTS["before_pieces"]:
            first -= 1
        last = behind.last if behind is not None else at + length + used
        return self._build_change(first, last, named, count)

    def _match_other_item(self, at: int) -> _Change | None:
        """As in "The lamps except the rug": an item beside them is left out."""
        length = TABLES["except"].match_length(self.words, at)
        behind = self._find_named(at + length) if length else None
        if behind is None or not any(each.last == at for each in self.named):
            return None
        said = self.said[at] != "besides" and LISTS["nothing"].isdisjoint(self.said[:at])
        asked = said and self._is_asked(at, behind.last)
        return self._mark_change(at, behind.last, ",", "") if asked else None

    def _match_other(self, at: int) -> _Change | None:
        """As in "(I keep one lamp.) Return the other two"."""
        length = TABLES["other_pieces"].match_length(self.words, at)
        known = [*self.kept, *self.list_kept()] if length else []
        if not known:
            return None
        kept = known[-1]
        line = self.lines[kept.place]
        count, used = read_count(self.said, at + length)
        behind = self._find_named(at + length + used)
        if behind is not None and kept.place not in behind.places:
            return None
        sure = count == line.left - kept.count or (not count and (behind or len(self.lines) == 1))
        end = behind.last if behind is not None else at + length + used
        words = f"{line.left - kept.count} {line.name.partition(',')[0]}" if sure else ""
        return self._mark_change(at, end, words, line.name)

    def _match_keeping(self, at: int) -> _Kept | None:
        length = TABLES["keep"].match_length(self.words, at)
        skip = at + length
        while skip < len(self.said) and self.said[skip] in {"only", "just"}:
            skip += 1
        count, used = read_count(self.said, skip) if length else (0, 0)
        named = self._find_named(skip + used) if count else None
        if named is None or len(named.places) > 1 or count >= self.lines[named.places[0]].left:
            return None
        return _Kept(named.places[0], count)

    def _match_except(self, at: int) -> int:
        tables = (TABLES["except"], TABLES["except_next"])
        return max(table.match_length(self.words, at) for table in tables)

    def _find_named(self, at: int) -> _Named | None:
        """The item named from a word on, behind no more than "of the"."""
        while at < len(self.said) and self.said[at] in LISTS["before_name"]:
            at += 1
        return next((each for each in self.named if each.first == at), None)

    def _build_change(self, first: int, last: int, named: _Named, count: int) -> _Change:
        line = self.lines[named.places[0]]
        sure = len(named.places) == 1 and count < line.left and self._is_asked(first, last)
        said = " ".join(self.said[named.first : named.last])
        return self._mark_change(
            first, last, f"{line.left - count} {said}" if sure else "", line.name
        )

    def _mark_change(self, first: int, last: int, words: str, name: str) -> _Change:
        return _Change(self.words[first].start, self.words[last - 1].end, words, name)

    def _is_asked(self, first: int, last: int) -> bool:
        """Whether it is asked for here: behind a request, or with "should go back" behind it."""
        begin, start = self.words[0].start, self.words[first].start
        if any(begin <= asked < start for asked in self.asked):
            return True
        after = self.said[last : last + MAX_PASSIVE_WORDS]
        return not LISTS["passive_request"].isdisjoint(after)
