"""How many pieces are meant where some of one line are left out: "all but one of the lamps".

Pure, English. Such words become the number that goes back ("2 lamps"); where that is not plain
a question is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from triage.nlu.kept_items import DENYING, TABLES
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.requests import find_requests
from triage.nlu.spared_items import find_trouble, is_spared, list_predicate, match_spared
from triage.nlu.spoken_words import Sentence, list_sentences
from triage.nlu.whole_order import MARKS

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "kept_items.toml").items()
}
COUNT_NOUNS: Final = {"couple": 2, "single": 1}  # a pair of boots is one piece, of lamps two
MAX_DIGITS: Final = 2
MAX_PASSIVE_WORDS: Final = 4
MAX_WORDS_TO_DENIAL: Final = 4


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
class _Naming:
    """The one line that a part of a text names, as characters; ``count``: the number with it."""

    places: frozenset[int]
    start: int
    end: int
    said: str
    count: int


@dataclass(frozen=True)
class _Kept:
    """So many pieces of a line that stay; ``start`` and ``end``: where it is said that they came
    whole, or broken (``sure`` is False then); ``naming`` where the line is named elsewhere.
    """

    place: int
    count: int
    start: int = 0
    end: int = 0
    sure: bool = True
    naming: _Naming | None = None


def resolve_kept_pieces(document: Document, lines: Sequence[Pieces]) -> PieceReading:
    """The text with "all lamps but one" as "2 lamps", for lines of several pieces."""
    asked = [wish.start for wish in find_requests(document)]
    changes: list[_Change] = []
    kept: list[_Kept] = []
    earlier: _Naming | None = None
    for words in list_sentences(document):
        reader = _SentenceReader(words, lines, asked, tuple(kept), earlier)
        changes += reader.iter_changes()
        kept += reader.own_kept
        earlier = reader.find_naming(len(words)) or earlier
    return _apply_changes(document, changes, lines)


def _apply_changes(
    document: Document, changes: Sequence[_Change], lines: Sequence[Pieces]
) -> PieceReading:
    text, end = document.text, len(document.text)
    for change in sorted(changes, key=lambda each: each.start, reverse=True):
        if not change.words:
            return PieceReading(document, _format_question(change.name, lines))
        if change.end <= end:
            text, end = f"{text[: change.start]}{change.words}{text[change.end :]}", change.start
    return PieceReading(document if not changes else Document.read(text))


def _format_question(name: str, lines: Sequence[Pieces]) -> str:
    if not name:
        listed = " or ".join(dict.fromkeys(line.name for line in lines))
        return f"Of which item do you keep some: {listed}?"
    left = next((line.left for line in lines if line.name == name), 0)
    return f"How many of the {left} × {name}?"


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
        earlier: _Naming | None,
    ) -> None:
        self.words, self.lines, self.asked, self.kept = words, lines, asked, kept
        self.earlier = earlier
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
            else:
                yield from self._iter_bare_keeping(at)
        yield from self._iter_spared_cuts()

    @cached_property
    def own_kept(self) -> list[_Kept]:
        """The pieces of a line that are kept: "I'm keeping one of the lamps"."""
        places = range(len(self.words))
        return [kept for at in places if (kept := self._match_kept(at))]

    def find_naming(self, before: int) -> _Naming | None:
        """The lines named before a word, and where the last of them is."""
        near = [each for each in self.named if each.last <= before]
        if not near:
            return None
        last = max(near, key=lambda each: each.last)
        first, counts = last.first, list[int]()
        while first and self.said[first - 1] in LISTS["before_pieces"]:
            first -= 1
            counts += [count for count in [read_count(self.said, first)[0]] if count]
        places = frozenset(place for each in near for place in each.places)
        said = " ".join(self.said[last.first : last.last])
        count = counts[-1] if counts else 0
        return _Naming(places, self.words[first].start, self.words[last.last - 1].end, said, count)

    def _iter_bare_keeping(self, at: int) -> Iterator[_Change]:
        """As in "Refund the lamps. I keep one.", "one of them stays": of what was named before."""
        found = self._match_bare_keeping(at)
        if found is None:
            return
        count, last = found
        named = self.find_naming(at) or self.earlier
        if named is None or len(named.places) > 1:
            yield self._mark_change(at, last, "", "")
            return
        if named.count and named.count + count <= self.lines[min(named.places)].left:
            return
        yield self._reduce_naming(named, count)
        yield self._mark_change(at, last, ",", "")

    def _reduce_naming(self, named: _Naming, count: int) -> _Change:
        """The naming of a line with so many pieces less; a question where it names less."""
        line = self.lines[min(named.places)]
        sure = count < line.left and named.count in (0, line.left)
        words = f"{line.left - count} {named.said}" if sure else ""
        return _Change(named.start, named.end, words, line.name)

    def _match_bare_keeping(self, at: int) -> tuple[int, int] | None:
        """The number that is kept without a name behind it, and the word behind that."""
        if length := TABLES["keep"].match_length(self.words, at):
            skip = at + length if self._is_affirmed(at) else len(self.said)
            while skip < len(self.said) and self.said[skip] in {"only", "just", "all"}:
                skip += 1
            count, used = read_count(self.said, skip)
            last = skip + used + TABLES["of_them"].match_length(self.words, skip + used)
            return (count, last) if count and self._is_end(last) else None
        if length := self._match_except(at) if self.asked else 0:
            count, used = read_count(self.said, at + length)
            last = at + length + used
            last += TABLES["of_them"].match_length(self.words, last)
            return (count, last) if count and self._is_end(last) else None
        count, used = read_count(self.said, at)
        last = at + used + TABLES["of_them"].match_length(self.words, at + used)
        stays = TABLES["pieces_stay"].match_length(self.words, last) if count else 0
        return (count, last + stays) if stays and self._begins(at) else None

    def _is_affirmed(self, at: int) -> bool:
        return DENYING.isdisjoint(self.said[max(0, at - MAX_WORDS_TO_DENIAL) : at])

    def _is_before_pieces(self, at: int) -> bool:
        return self.said[at] in LISTS["before_pieces"] or read_count(self.said, at)[0] > 0

    def _begins(self, at: int) -> bool:
        """Whether a clause begins at a word."""
        return not at or self.said[at - 1] in MARKS | {"and", "but", "only"}

    def _is_end(self, at: int) -> bool:
        return at >= len(self.said) or self.said[at] in MARKS | LISTS["after_pieces"]

    def _match_kept(self, at: int) -> _Kept | None:
        return (
            self._match_keeping(at)
            or self._match_spared(at)
            or self._match_bare_spared(at)
            or self._match_bare_kept(at)
        )

    def _match_bare_kept(self, at: int) -> _Kept | None:
        found = self._match_bare_keeping(at)
        return self._build_bare(at, found[1], found[0]) if found else None

    def _match_bare_spared(self, at: int) -> _Kept | None:
        """As in "I got six lamps, two are whole": of what was named before."""
        count, used = read_count(self.said, at)
        last = at + used + TABLES["of_them"].match_length(self.words, at + used)
        if not count or last >= len(self.words) or not is_spared(self.words, last):
            return None
        return self._build_bare(at, match_spared(self.words, last), count)

    def _build_bare(self, at: int, last: int, count: int) -> _Kept | None:
        named = self.find_naming(at) or self.earlier
        if named is None or len(named.places) > 1:
            return None
        start, end = self.words[at].start, self.words[last - 1].end
        place = min(named.places)
        if count >= self.lines[place].left:
            return None
        return _Kept(place, count, start, end, naming=named)

    def _match_spared(self, at: int) -> _Kept | None:
        """As in "Two of the six lamps came whole": these stay; or "came broken": they do not."""
        count, used = read_count(self.said, at)
        vague = self.said[at] in LISTS["vague"]
        behind = at + (used or int(vague))
        while behind < len(self.said) and self._is_before_pieces(behind):
            behind += 1
        named = next((each for each in self.named if each.first == behind), None)
        if not (count or vague) or named is None or len(named.places) > 1:
            return None
        if count >= self.lines[named.places[0]].left:
            return None
        spared = match_spared(self.words, named.last)
        if not spared and not find_trouble(list_predicate(self.words, named.last)):
            return None
        sure = count > 0 and spared > 0 and min(each.first for each in self.named) == named.first
        last = spared or named.last
        start, end = self.words[at].start, self.words[last - 1].end
        return _Kept(named.places[0], count, start, end, sure)

    def _iter_spared_cuts(self) -> Iterator[_Change]:
        """Without what is told of pieces that came whole, where the others are asked for."""
        kept = self._last_kept
        if kept is None or not kept.end or not kept.sure:
            return
        if any(self._match_other(at) for at in range(len(self.words))):
            yield _Change(kept.start, kept.end, ",", "")
            if kept.naming is not None:
                yield self._reduce_naming(kept.naming, kept.count)

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
        known = LISTS["before_exception"] | LISTS["of_order"] if length else ()
        while before and before not in self._ends and self.said[before - 1] in known:
            before -= 1
        named = self._ends.get(before)
        if not length or named is None:
            return None
        count, used = read_count(self.said, at + length)
        behind = self._find_named(at + length + used)
        if not count and behind is None:
            return self._ask_about_some(at, named)
        if not count or (behind is not None and behind.places != named.places):
            return None
        first = self._find_first(named)
        last = behind.last if behind is not None else at + length + used
        return self._build_change(first, last, named, count)

    def _ask_about_some(self, at: int, named: _Named) -> _Change | None:
        """A question for "the lamps except the one with the blue shade"."""
        length = TABLES["except"].match_length(self.words, at)
        behind = self.said[at + length : at + length + 1]
        line = self.lines[named.places[0]]
        if self.said[at] == "but" or line.left < 2 or LISTS["some"].isdisjoint(behind):
            return None
        if not length or not self._is_asked(at, at + length):
            return None
        return self._mark_change(at, at + length, "", line.name)

    def _find_first(self, named: _Named) -> int:
        """The word at which "every one of the six lamps" begins."""
        first = named.first
        while first and self.said[first - 1] in LISTS["before_pieces"]:
            first -= 1
        each = self.said[max(0, first - 2) : first]
        return first - 2 if each in (["every", "one"], ["each", "one"]) else first

    @cached_property
    def _last_kept(self) -> _Kept | None:
        return next(iter(self.own_kept[-1:]), None) or next(iter(self.kept[-1:]), None)

    @cached_property
    def _ends(self) -> dict[int, _Named]:
        return {each.last: each for each in self.named}

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
        kept = self._last_kept
        if not length or kept is None:
            return self._match_open_rest(at, kept)
        line = self.lines[kept.place]
        count, used = read_count(self.said, at + length)
        behind = self._find_named(at + length + used)
        if behind is not None and kept.place not in behind.places:
            return None
        plain = behind is not None or len(self.lines) == 1 or kept.end > 0
        sure = kept.sure and (count == line.left - kept.count or (not count and plain))
        end = behind.last if behind is not None else at + length + used
        words = f"{line.left - kept.count} {line.name.partition(',')[0]}" if sure else ""
        if match_spared(self.words, end):
            return None
        return self._mark_change(at, end, words, line.name)

    def _match_open_rest(self, at: int, kept: _Kept | None) -> _Change | None:
        """A question for "one lamp is fine, refund the rest": of the lamps, or of all."""
        length = TABLES["open_rest"].match_length(self.words, at)
        if not length or kept is None or not kept.end or match_spared(self.words, at + length):
            return None
        asked = any(begun < self.words[at].start for begun in self.asked)
        name = self.lines[kept.place].name
        return self._mark_change(at, at + length, "", name) if asked else None

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
        if not LISTS["passive_request"].isdisjoint(after):
            return True
        return bool(self.asked) and find_trouble(list_predicate(self.words, last))
