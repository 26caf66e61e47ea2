"""What a message leaves out of its request, in whatever words, and what it praises.

Pure, English. "Everything but the tablet", "I'm keeping the lamp", "the jacket stays": what is
left out is never asked for. An exception that names nothing of the order, or holds only if
something else is so, is a question.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import NUMBER_WORDS, find_mentions, singularize_word
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spared_items import (
    find_all_mentions,
    find_trouble,
    find_trouble_near,
    list_predicate,
    match_single_spared,
    match_spared,
)
from triage.nlu.spoken_words import (
    Sentence,
    SpokenWord,
    list_sentences,
    load_phrase_tables,
)
from triage.nlu.whole_order import (
    MARKS,
    WholeKind,
    WholeMention,
    WholeRequest,
    find_whole_mentions,
    has_condition,
)

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "kept_items.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "kept_items.toml")
MAX_WORDS_LEFT_OUT: Final = 40
MAX_ALLS: Final = 2
MAX_WORDS_TO_RESUME: Final = 4
MAX_WORDS_TO_DENIAL: Final = 5
MAX_ADJECTIVES: Final = 3
MAX_WORDS_TO_PLACE: Final = 8
MAX_COUNT_DIGITS: Final = 2
COUNT_WORDS: Final = {**NUMBER_WORDS, "a": 1, "an": 1, "single": 1, "couple": 2}
DENYING: Final = frozenset(
    "not never don't dont doesn't won't wouldn't can't cannot cant no didn't couldn't".split()
)
WHOLE_KINDS: Final = frozenset({WholeKind.ALL, WholeKind.BOTH, WholeKind.ORDER})


@dataclass
class KeptItems:
    """Which lines are left out, by the place of their name among ``names``.

    ``pieces`` are so many of a line, where a number is said ("except one lamp"); ``left`` is the
    text without what says so; ``unnamed`` are exceptions that name nothing of
    the order, ``depends`` those that hold only on a condition. ``troubled``: all but these is
    told to be broken.
    """

    places: set[int] = field(default_factory=set)
    pieces: dict[int, int] = field(default_factory=dict)
    troubled: bool = False
    unnamed: list[str] = field(default_factory=list)
    depends: list[str] = field(default_factory=list)
    left: str = ""


@dataclass(frozen=True)
class _Exception:
    """An exception from a word of a sentence up to another; ``named`` are the words of what is
    left out. ``firm``: it is one even where it names nothing of the order.
    """

    first: int
    last: int
    named: tuple[int, int]
    firm: bool
    troubled: bool = False


def find_kept_items(
    document: Document,
    names: Sequence[str],
    unique: dict[str, frozenset[str]],
    wholes: Sequence[WholeRequest],
) -> KeptItems:
    """What the text leaves out of the items with these ``names``; ``wholes`` are its words for
    all that something is asked for.
    """
    kept, cut = KeptItems(), list[tuple[int, int]]()
    follows = trouble = False
    for words in list_sentences(document):
        reader = _SentenceReader(words, names, unique, wholes, follows=follows)
        reader.follows_trouble = trouble
        for found in reader.find_exceptions():
            places = reader.find_places(*found.named)
            if places or found.firm:
                _keep_exception(kept, reader, found, places)
                cut.append((words[found.first].start, words[found.last - 1].end))
        follows, trouble = reader.asks_for_all, reader.tells_of_trouble
    kept.left = _remove_spans(document.text, cut)
    return kept


def _keep_exception(
    kept: KeptItems, reader: _SentenceReader, found: _Exception, places: set[int]
) -> None:
    said = " ".join(word.text for word in reader.words[slice(*found.named)])
    kept.places |= places
    kept.pieces |= reader.count_pieces(*found.named)
    kept.troubled = kept.troubled or found.troubled
    if not places:
        kept.unnamed.append(said)
    if has_condition(reader.words[found.named[1] :][:MAX_WORDS_LEFT_OUT]):
        kept.depends.append(said)


def _read_count_before(words: Sequence[str], at: int) -> int:
    """The number right before a word, with no more than "of the" between; 0 for none."""
    while at and words[at - 1] in LISTS["before_name"]:
        at -= 1
    said = words[at - 1] if at else ""
    if said.isdecimal():
        return int(said) if len(said) <= MAX_COUNT_DIGITS else 0
    return COUNT_WORDS.get(said, 0)


def _remove_spans(text: str, spans: Collection[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


class _SentenceReader:
    """One sentence, read for what it leaves out."""

    def __init__(
        self,
        words: Sentence,
        names: Sequence[str],
        unique: dict[str, frozenset[str]],
        wholes: Sequence[WholeRequest],
        *,
        follows: bool,
    ) -> None:
        self.words, self.names, self.unique = words, names, unique
        self.mentions = find_whole_mentions(words)
        starts = {whole.start for whole in wholes if whole.kind in WHOLE_KINDS}
        self.asked = [m for m in self.mentions if words[m.first].start in starts]
        self.told = find_all_mentions(words)
        self.asks_for_all, self.follows = bool(self.asked), follows
        self.follows_trouble = False

    def find_exceptions(self) -> list[_Exception]:
        """The exceptions of the sentence, none within another."""
        found: list[_Exception] = []
        at = 0
        while at < len(self.words):
            one = self._match_exception(at)
            if one is not None and not (found and self._is_told_of(found[-1], one)):
                found.append(one)
            at = max(one.last, at + 1) if one else at + 1
        return found

    def _is_told_of(self, before: _Exception, one: _Exception) -> bool:
        """Whether it only tells more of the one before: "but for two lamps that we keep"."""
        relative = self.words[one.first].text in {"that", "which"}
        return relative and one.first == before.last

    def find_places(self, first: int, last: int) -> set[int]:
        """Which names stand between two words."""
        said = [singularize_word(w.text) for w in self.words[first:last] if w.text.isalnum()]
        return {
            place
            for place, name in enumerate(self.names)
            if find_mentions(said, name, self.unique[name])
        }

    def count_pieces(self, first: int, last: int) -> dict[int, int]:
        """The numbers said right before names that stand between two words."""
        said = [singularize_word(w.text) for w in self.words[first:last] if w.text.isalnum()]
        found: dict[int, int] = {}
        for place, name in enumerate(self.names):
            for each in find_mentions(said, name, self.unique[name]):
                if count := _read_count_before(said, each.first):
                    found[place] = count
        return found

    def _match_exception(self, at: int) -> _Exception | None:
        return (
            self._match_beside_all(at)
            or self._match_only_spared(at)
            or self._match_keeping(at)
            or self._match_staying(at)
            or self._match_denied(at)
        )

    def _match_beside_all(self, at: int) -> _Exception | None:
        """As in "Everything except the lamp", "apart from the lamp, all of it"."""
        whole = self._find_whole_before(at)
        length = self._match_except(at, near=whole is not None)
        if not length or self._is_idiom_of_all(at + length):
            return None
        waits = whole is not None and not self.asked
        found = self._build_exception(at, at + length, firm=self.asks_for_all, waits=waits)
        if found.named[0] >= found.named[1]:
            return None
        if self._has_nothing(at):
            return (
                replace(found, firm=True, troubled=True)
                if self._is_only_spared(at, found)
                else None
            )
        if self._is_troubled_but(found) or (self.follows_trouble and at <= 1):
            return replace(found, firm=True, troubled=True)
        return found if self._is_about_all(whole) or (self.follows and at <= 1) else None

    def _match_except(self, at: int, *, near: bool) -> int:
        """How many words say that something is left out; some only right behind words for all,
        or where nothing but what they leave out follows.
        """
        if length := TABLES["except"].match_length(self.words, at):
            return length
        length = TABLES["except_next"].match_length(self.words, at)
        if near or not length:
            return length
        if self.words[at].text not in LISTS["except_alone"]:
            return 0
        alone = self._find_all_before(at) is not None and self._is_left_out_alone(at + length)
        return length if alone or self._has_nothing(at) else 0

    def _is_idiom_of_all(self, at: int) -> bool:
        """Whether "without exception", "without fail" leaves nothing out."""
        return at < len(self.words) and self.words[at].text in LISTS["no_exception"]

    def _find_all_before(self, at: int) -> WholeMention | None:
        """The words for all before a word in its sentence, no item between them."""
        return next(iter(self._list_alls_before(at)), None)

    def _list_alls_before(self, at: int) -> list[WholeMention]:
        """The nearest words for all before a word, those right before it first."""
        place = bisect_right(self.told, at, key=lambda each: each.last)
        near = self.told[max(0, place - MAX_ALLS) : place]
        return [
            each
            for each in reversed(near)
            if at - each.last <= MAX_WORDS_LEFT_OUT and not self.find_places(each.last, at)
        ]

    def _is_left_out_alone(self, begin: int) -> bool:
        """Whether a mark follows the item: "… but the lamp.", not "… but the lamp is fine"."""
        last = self.find_end(begin)
        ends = last >= len(self.words) or self.words[last].text in MARKS
        return ends and begin < last and bool(self.find_places(begin, last))

    def _is_troubled_but(self, found: _Exception) -> bool:
        """Whether all but this is told to be broken: "all of it came torn except the rug"."""
        alls = self._list_alls_before(found.first)
        if not alls:
            place = bisect_left(self.told, found.last, key=lambda each: each.first)
            behind = next(
                (m for m in self.told[place : place + 1] if m.first <= found.last + 1), None
            )
            return behind is not None and find_trouble(list_predicate(self.words, behind.last))
        if any(self._is_denied(each.first) for each in alls):
            return False
        told = self.words[min(each.last for each in alls) : found.first]
        return find_trouble(told) or find_trouble(list_predicate(self.words, found.last))

    def _is_only_spared(self, at: int, found: _Exception) -> bool:
        """As in "Nothing survived but the lamp", "nothing but the lamp is whole"."""
        told = self.words[:at]
        behind = match_spared(self.words, found.last)
        return behind > 0 or any(match_spared(told, place) for place in range(len(told)))

    @cached_property
    def tells_of_trouble(self) -> bool:
        """Whether it tells that all of it is broken."""
        return any(find_trouble(list_predicate(self.words, each.last)) for each in self.told)

    def _find_whole_before(self, at: int) -> WholeMention | None:
        """The words for all right before, or with “back” or “in this order” between."""
        order: WholeMention | None = None
        for first in range(at, max(0, at - MAX_WORDS_TO_PLACE), -1):
            found = self._wholes_by_end.get(first)
            if found is not None and found.kind != WholeKind.ORDER:
                return found
            order = order or found
            if self.words[first - 1].text not in LISTS["beside"]:
                return order
        return order

    @cached_property
    def _wholes_by_end(self) -> Mapping[int, WholeMention]:
        return {each.last: each for each in self.mentions if each.kind in WHOLE_KINDS}

    def _is_about_all(self, whole: WholeMention | None) -> bool:
        """Whether all is asked for here, or all but this is bad ("all but the lamp is broken");
        where all but this went well, this is what is asked for.
        """
        if self.asked:
            return True
        return whole is not None and whole.kind == WholeKind.ALL and not self._has_gone_well

    @cached_property
    def _has_gone_well(self) -> bool:
        return tells_of_success(self.words)

    def _has_nothing(self, at: int) -> bool:
        """As in “Nothing but the lamp”: the exception is what is asked for."""
        before = self.words[max(0, at - MAX_WORDS_LEFT_OUT) : at]
        return TABLES["nothing"].find_first(before) is not None

    def _build_exception(self, at: int, begin: int, *, firm: bool, waits: bool) -> _Exception:
        last = self.find_end(begin, waits=waits)
        return _Exception(at, last, (begin, last), firm)

    def find_end(self, begin: int, *, waits: bool = False) -> int:
        """The word at which what is left out ends; ``waits``: the verb of what it is left out
        of is still to come.
        """
        for at in range(begin, min(begin + MAX_WORDS_LEFT_OUT, len(self.words))):
            said = self.words[at].text
            if (
                (at > begin and at in self._alls)
                or said in LISTS["stop"]
                or said in MARKS - {",", "-", "\n"}
            ):
                return at
            if said in {",", "and"} and self.is_resumed(at) and not (waits and said == "and"):
                return at
        return min(begin + MAX_WORDS_LEFT_OUT, len(self.words))

    @cached_property
    def _alls(self) -> frozenset[int]:
        return frozenset(m.first for m in self.mentions if m.kind == WholeKind.ALL)

    def is_resumed(self, at: int) -> bool:
        for word in self.words[at + 1 : at + 2 + MAX_WORDS_TO_RESUME]:
            if word.text in MARKS or word.text == "for" or word.text in LISTS["resumed"]:
                return word.text in LISTS["resumed"]
        return False

    def _match_keeping(self, at: int) -> _Exception | None:
        """As in "I'm keeping the lamp", "the lamp I'd rather keep"."""
        length = TABLES["keep"].match_length(self.words, at)
        if not length or self._is_denied(at):
            return None
        begin = at + length
        while begin < len(self.words) and self.words[begin].text in LISTS["behind_keep"]:
            begin += 1
        last = self.find_end(begin)
        if begin >= len(self.words) or self.words[begin].text in MARKS or last == begin:
            return self._match_before_keeping(at, begin)
        if self._is_idiom(begin) or any(m.first <= begin < m.last for m in self.mentions):
            return None
        firm = self.words[begin].text in LISTS["article"] and self.words[begin].text != "of"
        return _Exception(at, last, (begin, last), firm and bool(self.asks_for_all))

    def find_only_places(self, at: int) -> set[int]:
        """What is named right behind "only", or before it where its clause ends there."""
        behind = self.words[at + 1 : at + 2]
        if behind and behind[0].text in LISTS["article"]:
            return self.find_places(at + 1, at + 2 + MAX_ADJECTIVES)
        if behind and behind[0].text not in MARKS:
            return set()
        first = at
        while first and at - first < MAX_WORDS_TO_PLACE and self.words[first - 1].text not in MARKS:
            first -= 1
        return self.find_places(first, at)

    def _match_only_spared(self, at: int) -> _Exception | None:
        """As in "Only the lamp survived", "the lamp is the only thing that survived"."""
        if end := match_single_spared(self.words, at):
            return self._build_single_spared(at, end)
        if self.words[at].text not in LISTS["only"]:
            return None
        for last in range(at + 2, min(at + 2 + MAX_WORDS_TO_PLACE, len(self.words))):
            end = match_spared(self.words, last)
            if self.words[last].text in MARKS:
                return None
            if end and self.find_places(at + 1, last):
                return _Exception(at, end, (at + 1, last), firm=False, troubled=True)
        return None

    def _build_single_spared(self, at: int, end: int) -> _Exception:
        first = at
        while first and self.words[first - 1].text not in MARKS:
            first -= 1
        last = self.find_end(end + 1) if self.words[end:] else end
        return _Exception(first, last, (first, last), firm=False, troubled=True)

    def _is_idiom(self, at: int) -> bool:
        return self.words[at].text in LISTS["keep_idiom"]

    def _is_denied(self, at: int) -> bool:
        before = self.words[max(0, at - MAX_WORDS_TO_DENIAL) : at]
        for word in reversed(before):
            if word.text in MARKS or word.text in {"but", "and"}:
                return False
            if word.text in DENYING:
                return True
        return False

    def _match_before_keeping(self, at: int, end: int) -> _Exception | None:
        last = at
        while last and self.words[last - 1].text in LISTS["before_keep"]:
            last -= 1
        return self._match_stretch_before(last, end)

    def _match_stretch_before(self, last: int, end: int) -> _Exception | None:
        """What is named right before a word, back to a mark or "but" and at most so far."""
        first = last
        while first and last - first < MAX_WORDS_TO_PLACE and not self._is_edge(first - 1):
            first -= 1
        if first == last:
            return None
        return _Exception(first, end, (first, last), firm=False)

    def _is_edge(self, at: int) -> bool:
        said = self.words[at].text
        inside = any(m.first <= at < m.last for m in self.mentions)
        return said in MARKS or said in {"but", "however", "so", "with", "then"} or inside

    def _match_staying(self, at: int) -> _Exception | None:
        """As in "The lamp stays", "the lamp excluded"."""
        length = TABLES["stays"].match_length(self.words, at)
        if not length:
            return None
        before = self.words[at - 1].text if at else ""
        if self.asks_for_all and before in LISTS["pointing"]:
            return _Exception(at - 1, at + length, (at - 1, at), firm=True)
        found = self._match_stretch_before(at, at + length)
        return found and replace(found, troubled=self.tells_of_trouble)

    def _match_denied(self, at: int) -> _Exception | None:
        """As in "…, not the lamp": with nothing between but an article and what kind it is."""
        length = TABLES["not"].match_length(self.words, at)
        if not length or (at and self.words[at - 1].text in LISTS["stating"]):
            return None
        if (
            TABLES["settled"].find_first(self.words[max(0, at - MAX_WORDS_LEFT_OUT) : at])
            is not None
        ):
            return None
        begin = at + length
        last = self.find_end(begin)
        if begin >= last or self.words[begin].text not in LISTS["article"]:
            return None
        begin_name = begin + 1
        near = self.find_places(begin_name, min(last, begin_name + MAX_ADJECTIVES))
        return _Exception(at, last, (begin, last), firm=False) if near else None


def tells_of_success(words: Sequence[SpokenWord]) -> bool:
    """Whether something is praised or went well; "arrived broken" did not."""
    if TABLES["satisfied"].find_first(words) is not None:
        return True
    return any(
        (length := TABLES["went_well"].match_length(words, at))
        and not find_trouble_near(words, at + length)
        for at in range(len(words))
    )


def find_only_items(
    document: Document, names: Sequence[str], unique: dict[str, frozenset[str]]
) -> set[int]:
    """The places of the names that "only" or "just" stands right before, or behind: "only the
    lamp", "the lamp only."
    """
    found: set[int] = set()
    for words in list_sentences(document):
        reader = _SentenceReader(words, names, unique, (), follows=False)
        for at, word in enumerate(words):
            if word.text in LISTS["only"] and (not at or words[at - 1].text not in DENYING):
                found |= reader.find_only_places(at)
    return found


def remove_praise(text: str, names: Sequence[str], unique: dict[str, frozenset[str]]) -> str:
    """The text without the stretches that only praise an item: "I love the kettle".

    A stretch ends at a mark, at "but", and at "and" before another request.
    """
    cut: list[tuple[int, int]] = []
    for words in list_sentences(Document(text)):
        reader = _SentenceReader(words, names, unique, (), follows=False)
        for first, last in _iter_stretches(reader):
            said = words[first:last]
            if _is_praise(said) and reader.find_places(first, last):
                cut.append((said[0].start, said[-1].end))
    return _remove_spans(text, cut)


def remove_comparisons(text: str, names: Sequence[str], unique: dict[str, frozenset[str]]) -> str:
    """The text without the items that another is only compared with: "darker than the lamp"."""
    cut: list[tuple[int, int]] = []
    for words in list_sentences(Document(text)):
        reader = _SentenceReader(words, names, unique, (), follows=False)
        for at in range(len(words)):
            begin = at + TABLES["compared"].match_length(words, at)
            other = at and words[at - 1].text in {"other", "more", "less"}
            if begin > at and not other and words[begin : begin + 1]:
                near = words[begin].text in LISTS["article"]
                last = min(begin + 1 + MAX_ADJECTIVES, reader.find_end(begin))
                if near and reader.find_places(begin, last):
                    cut.append((words[at].start, words[last - 1].end))
    return _remove_spans(text, cut)


def _iter_stretches(reader: _SentenceReader) -> list[tuple[int, int]]:
    words, edges = reader.words, [0]
    for at, word in enumerate(words):
        turns = word.text in MARKS or word.text in LISTS["turn"]
        if turns or (word.text == "and" and reader.is_resumed(at)):
            edges.append(at + 1)
    edges.append(len(words))
    return [(first, last) for first, last in zip(edges, edges[1:], strict=False) if first < last]


def _is_praise(words: Sequence[SpokenWord]) -> bool:
    tables = (TABLES["satisfied"], TABLES["settled"])
    if all(table.find_first(words) is None for table in tables):
        return False
    return TABLES["unsatisfied"].find_first(words) is None
