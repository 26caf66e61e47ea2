"""A second look at which items a message asks for: whether anything in it speaks against them.

Pure, English. The readers before it find what is asked for; people word it in more ways than any
of them knows. What they found is held against every sentence here, by signs that need no
understanding: a denial beside the item, a word for all that was not used, a number that is
another one, "or" between two items. Any of them makes it a question; none ever adds an item.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, takewhile
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import NUMBER_WORDS, is_plural
from triage.nlu.item_sentences import (
    BOTH,
    MAX_WORDS_TO_NAME,
    ItemSentence,
    Mention,
    is_both,
    is_filler,
    list_item_sentences,
    read_count,
    tells_of_trouble,
)
from triage.nlu.kept_items import tells_of_success
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.requests import MONEY_KINDS, find_requests
from triage.nlu.spoken_words import PhraseTable, Sentence, SpokenWord, load_phrase_tables
from triage.nlu.whole_order import MARKS

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "item_doubts.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "item_doubts.toml")
MAX_WORDS_BETWEEN_ITEMS: Final = 8
MAX_QUOTED_CHARS: Final = 160


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
class _Reading:
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


def find_item_doubt(document: Document, read: ReadItems) -> str:
    """A question that quotes the sentence that speaks against what was read; "" for none."""
    reading = _read_lines(document, read)
    found = next((line for sign in SIGNS for line in reading.lines if sign(reading, line)), None)
    if found is None:
        return ""
    said = document.text[found.words[0].start : found.words[-1].end]
    return f"Which items go back? It also says: “{' '.join(said.split())[:MAX_QUOTED_CHARS]}”"


def _read_lines(document: Document, read: ReadItems) -> _Reading:
    lines = list_item_sentences(document, [item.name for item in read.items])
    requests = [(r.start, r.end) for r in find_requests(document) if r.kind in MONEY_KINDS]
    return _Reading(read, lines, requests)


def _is_taken_back(reading: _Reading, line: ItemSentence) -> bool:
    """As in "don't refund the lamp", "leave the lamp out of it"."""
    if reading.read.counted:
        return False
    denied = [
        at for at in _find_phrases(line, TABLES["taken_back"]) if not _is_other_kept(line.words, at)
    ]
    all_named = _has_phrase(line, TABLES["all_else"]) or _has_phrase(line, TABLES["remainder"])
    if _has_phrase(line, TABLES["refunded"]) and not all_named:
        denied += _find_phrases(line, TABLES["unwanted"])
    nearest = (line.find_nearest(at) for at in denied)
    return any(each is not None and each.place in reading.asked for each in nearest)


def _is_other_kept(words: Sentence, at: int) -> bool:
    """As in "I can't keep the lamp", "the other one I keep", "keep the rest"."""
    before = words[max(0, at - MAX_WORDS_TO_NAME) : at]
    near = [*before, *words[at + 1 : at + 1 + MAX_WORDS_TO_NAME]]
    keeps = words[at].text in LISTS["kept"]
    if keeps and at + 1 < len(words) and words[at + 1].text.endswith("ing"):
        return True  # "keeps losing its signal"
    return keeps and (_has_any(before, LISTS["denying"]) or _has_any(near, LISTS["rest"]))


def _is_unread_all(reading: _Reading, line: ItemSentence) -> bool:
    """As in "whatever isn't a pillow", where the pillow was taken for what is asked for."""
    if reading.read.all_asked or len(reading.read.items) == 1:
        return False
    if _has_phrase(line, TABLES["all_foreign"]):
        return True
    if _has_phrase(line, TABLES["none_of_it"]):
        return True
    if _has_any(line.words, LISTS["pleased"]):
        return False
    if tells_of_success(line.words) and not reading.has_request(line):
        return False
    if _means_all(reading, line, TABLES["remainder"]):
        return not (line.tells_of_trouble and reading.names_what_is_asked)
    return _is_told_of_all(reading, line) and _means_all(reading, line, TABLES["all_else"])


def _is_told_of_all(reading: _Reading, line: ItemSentence) -> bool:
    """Whether something is asked for in a sentence, or told that may ask for it."""
    if reading.has_request(line) or _has_any(line.words, LISTS["told_of_all"]):
        return True
    return line.tells_of_trouble and not reading.names_what_is_asked


def _means_all(reading: _Reading, line: ItemSentence, table: PhraseTable) -> bool:
    return any(_is_all_of_order(reading, line, table, at) for at in _find_phrases(line, table))


def _is_all_of_order(reading: _Reading, line: ItemSentence, table: PhraseTable, at: int) -> bool:
    """Whether a word for all may stand for all of the order, and is asked for."""
    words = line.words
    behind = at + table.match_length(words, at)
    if TABLES["all_of_one"].match_length(words, behind):
        return False
    near = words[max(0, at - MAX_WORDS_TO_NAME) : at]
    if _has_any(near, LISTS["denying"]) or _has_any(near, LISTS["kept"]):
        return False
    if reading.read.counted and words[at].text in LISTS["rest"]:
        return False
    if _has_any(near, LISTS["sending"]) and "back" not in {word.text for word in words}:
        return False  # "leave out the flask and send everything else"
    if words[at].text != "all":
        return True
    if at and words[at - 1].text in LISTS["before_idiom"]:
        return False
    named = [m for m in line.mentions if m.first >= behind and is_filler(words[behind : m.first])]
    return not any(each.place in reading.asked for each in named)


def _is_told_apart(reading: _Reading, line: ItemSentence) -> bool:
    """As in "Take it all back. We do want the spatulas."."""
    read = reading.read
    if not read.all_asked or read.some_kept or read.counted or not line.places & reading.asked:
        return False
    if line.tells_of_trouble or _has_any(line.words, LISTS["joined_too"]):
        return False
    if any(_means_all(reading, line, TABLES[name]) for name in ("all_else", "remainder")):
        return False
    return _has_any(line.words, LISTS["apart"]) and not reading.named >= reading.asked


def _is_undecided(reading: _Reading, line: ItemSentence) -> bool:
    """As in "or maybe the pillows", "Actually, the throw too."."""
    begins = TABLES["rethought"].match_length(line.words, 0) > 0
    return bool(line.places or reading.has_request(line)) and (
        begins or _has_phrase(line, TABLES["undecided"])
    )


def _is_called_off(reading: _Reading, line: ItemSentence) -> bool:
    """As in "So never mind!"."""
    places = _find_phrases(line, TABLES["called_off"])
    return any(not _goes_on_with_else(line.words, at) for at in places)


def _goes_on_with_else(words: Sentence, at: int) -> bool:
    """As in "keeping everything else"."""
    behind = at + TABLES["called_off"].match_length(words, at)
    return behind < len(words) and words[behind].text in {"else", "but", "except"}


def _is_other_way(reading: _Reading, line: ItemSentence) -> bool:
    """As in "Only two of the chairs held up. Please refund the other two.", "apart from the shirts
    nothing needs refunding", where all but those were taken.
    """
    if not reading.read.all_asked:
        return False
    said = [word.text for word in line.words]
    if any(one == "other" and read_count(two) for one, two in pairwise(said)):
        return bool(reading.named)
    if not reading.read.some_kept:
        return bool(reading.named) and _has_phrase(line, TABLES["all_of_them"])
    return _has_phrase(line, TABLES["none_needed"])


def _is_by_place(reading: _Reading, line: ItemSentence) -> bool:
    return len(reading.named) > 1 and _has_phrase(line, TABLES["by_place"])


def _is_told_beside(reading: _Reading, line: ItemSentence) -> bool:
    """As in "the jumper shrank to the size of a sock": two are asked for, one is no part of it."""
    if reading.read.all_asked or len(reading.asked) == 1 or reading.says_both:
        return False
    return any(_is_aside(reading, line, one) for one in line.places & reading.asked)


def _is_aside(reading: _Reading, line: ItemSentence, place: int) -> bool:
    """Whether nothing but this sentence names the item, and only beside another thing."""
    if sum(place in each.places for each in reading.lines) > 1:
        return False
    mention = next(each for each in line.mentions if each.place == place)
    if any(_is_listed(line.words, mention, each) for each in line.mentions):
        return False
    before = next((m for m in reversed(line.mentions) if m.last <= mention.first), None)
    if before is None:
        return not (line.tells_of_trouble or reading.has_request(line))
    joined = _has_any(line.words[before.last : mention.first], LISTS["and"])
    behind = line.words[before.last if joined else mention.last :]
    return not tells_of_trouble(behind) and not _begins_request(reading, behind)


def _begins_request(reading: _Reading, words: Sequence[SpokenWord]) -> bool:
    if not words:
        return False
    return any(words[0].start <= first < words[-1].end for first, _ in reading.requests)


def _is_listed(words: Sentence, one: Mention, other: Mention) -> bool:
    """Whether two items stand in one list."""
    if other.place == one.place:
        return False
    first, last = sorted((one, other), key=lambda each: each.first)
    between = words[first.last : last.first]
    joined = any(word.text in LISTS["list_marks"] for word in between)
    return joined and len(between) <= MAX_WORDS_BETWEEN_ITEMS and is_filler(between)


def _is_either(reading: _Reading, line: ItemSentence) -> bool:
    """As in "the pillow or the throw"."""
    ours = [each for each in line.mentions if each.place in reading.asked]
    return any(
        one.place != other.place
        and "or" in {word.text for word in line.words[one.last : other.first]}
        and other.first - one.last <= MAX_WORDS_BETWEEN_ITEMS
        for one, other in pairwise(sorted(ours, key=lambda each: each.first))
    )


def _is_added(reading: _Reading, line: ItemSentence) -> bool:
    """As in "The jacket too.", "refund both", where one thing alone was taken."""
    if reading.read.all_asked or reading.read.some_kept:
        return False
    if reading.pieces < BOTH and any(is_both(line.words, at) for at in range(len(line.words))):
        return True
    added = any(_is_addition(line.words, at) for at in _find_phrases(line, TABLES["added"]))
    named = frozenset(m.place for m in line.mentions if not _is_place(line.words, m))
    other = named or (reading.has_request(line) and not line.places and reading.named)
    return added and bool(other and other - reading.asked)


def _is_addition(words: Sentence, at: int) -> bool:
    if words[at].text != "too":
        return True
    return at + 1 == len(words) or words[at + 1].text in MARKS


def _is_other_trouble(reading: _Reading, line: ItemSentence) -> bool:
    """As in "The table is cracked. … Please refund the chair as well."."""
    if reading.read.all_asked or reading.read.some_kept:
        return False
    if line.words[0].text in LISTS["subject"] or reading.has_request(line):
        return False
    if _has_phrase(line, TABLES["all_else"]) or _has_phrase(line, TABLES["remainder"]):
        return False
    if line.places & reading.asked or not line.tells_of_trouble:
        return False
    return any(not _is_place(line.words, each) for each in line.mentions)


def _is_found_by_place(reading: _Reading, line: ItemSentence) -> bool:
    """As in "The rug smells. I put it under the table. I want to send it back."."""
    if len(reading.named) == 1 or reading.read.all_asked:
        return False
    return any(_is_only_a_place(reading, line, each) for each in line.mentions)


def _is_only_a_place(reading: _Reading, line: ItemSentence, each: Mention) -> bool:
    if each.place not in reading.asked or reading.has_request(line):
        return False
    alone = sum(each.place in other.places for other in reading.lines) == 1
    return alone and _is_place(line.words, each)


def _is_place(words: Sentence, each: Mention) -> bool:
    """Whether an item is told as where something was: "under the table"."""
    before = list(takewhile(lambda w: w.text in LISTS["article"], reversed(words[: each.first])))
    at = each.first - len(before) - 1
    return bool(before) and at >= 0 and words[at].text in LISTS["place"]


def _is_other_number(reading: _Reading, line: ItemSentence) -> bool:
    """As in "One band snapped. Refund all three."."""
    if reading.read.counted:
        return False
    if any(_has_phrase(line, TABLES[name]) for name in ("taken_back", "unwanted")):
        return False
    about = {place for place in reading.asked if not line.places or place in line.places}
    items = [(place, reading.read.items[place]) for place in about]
    return any(
        count != item.asked
        for place, item in items
        if item.left > 1
        for count in line.list_counts(place, item.left)
    )


def _is_part_kept(reading: _Reading, line: ItemSentence) -> bool:
    """As in "I keep one of the towels", "they are on the bike": where all towels, or a bike
    helmet, were left out.
    """
    left_out = [each for each in line.mentions if each.place not in reading.asked]
    return reading.read.some_kept and any(_is_part(reading, line, each) for each in left_out)


def _is_part(reading: _Reading, line: ItemSentence, each: Mention) -> bool:
    if sum(each.place in other.places for other in reading.lines) > 1:
        return False
    left = reading.read.items[each.place].left
    before = line.words[max(0, each.first - MAX_WORDS_TO_NAME) : each.first]
    counts = [count for count in line.list_counts(each.place, left) if count < left]
    few = bool(counts) or _has_any(before, LISTS["few"])
    where = len(before) > 1 and before[-2].text in LISTS["upon"] and before[-1].text == "the"
    return where or (few and left > 1)


def _is_listed_beside(reading: _Reading, line: ItemSentence) -> bool:
    """As in "refund it and also the rug", "the teapot and that box": more than the one named."""
    if reading.read.all_asked or not reading.has_request(line):
        return False
    return any(_is_beside_more(reading, line, each) for each in line.mentions)


def _is_beside_more(reading: _Reading, line: ItemSentence, each: Mention) -> bool:
    words = [word.text for word in line.words]
    before = words[max(0, each.first - MAX_WORDS_BETWEEN_ITEMS) : each.first]
    if "and" in before and set(before[: before.index("and")]) & LISTS["it"]:
        return bool(reading.named - reading.asked)
    behind = words[each.last : each.last + 2]
    more = len(behind) == 2 and behind[0] == "and" and behind[1] in LISTS["pointing"]
    return more and all(not 0 <= m.first - each.last <= MAX_WORDS_TO_NAME for m in line.mentions)


def _is_plural_of_one(reading: _Reading, line: ItemSentence) -> bool:
    """As in "a refund for the bears", where "one" was said of something else."""
    if reading.read.counted or not reading.has_request(line):
        return False
    return any(_is_plural_alone(reading, line, each) for each in line.mentions)


def _is_plural_alone(reading: _Reading, line: ItemSentence, each: Mention) -> bool:
    item = reading.read.items[each.place]
    plural = is_plural(line.words[each.last - 1].text)
    return item.asked == 1 < item.left and plural and not _is_numbered(line.words, each.first)


def _is_numbered(words: Sentence, at: int) -> bool:
    """Whether a number stands right before a word, with no more than articles between."""
    before = takewhile(lambda word: is_filler([word]), reversed(words[:at]))
    return any(word.text.isdigit() or word.text in NUMBER_WORDS for word in before)


def _has_phrase(line: ItemSentence, table: PhraseTable) -> bool:
    return table.find_first(line.words) is not None


def _find_phrases(line: ItemSentence, table: PhraseTable) -> list[int]:
    return [at for at in range(len(line.words)) if table.match_length(line.words, at)]


def _has_any(words: Sequence[SpokenWord], known: Collection[str]) -> bool:
    return any(word.text in known for word in words)


SIGNS: Final[tuple[Callable[[_Reading, ItemSentence], bool], ...]] = (
    _is_taken_back,
    _is_unread_all,
    _is_told_apart,
    _is_undecided,
    _is_called_off,
    _is_other_way,
    _is_by_place,
    _is_told_beside,
    _is_either,
    _is_added,
    _is_other_trouble,
    _is_found_by_place,
    _is_other_number,
    _is_part_kept,
    _is_listed_beside,
    _is_plural_of_one,
)
