"""Words for all of an order, and whether they are what a message asks to have done.

Pure, English. "Thanks for everything", "everything else is fine" and "I have tried everything"
ask for nothing: words for all count only as what a request is for, read in their own sentence
with its verb and its negation. Where that is not plain they do not count, and the lines stay a
question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import NUMBER_WORDS, singularize_word
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.requests import MONEY_KINDS, REQUEST_VERB, Request, find_requests
from triage.nlu.spoken_words import (
    Sentence,
    SpokenWord,
    has_only,
    list_sentences,
    load_phrase_tables,
)

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "quantities.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "quantities.toml")
MARKS: Final = frozenset(',:;.!?()-–—\n"“”')
MAX_WORDS_BEFORE: Final = 6
"""So many words before the words for all a denial is looked for."""
MAX_WORDS_BETWEEN: Final = 40
"""So many words may stand between a request and the words for all: a list of items."""
MAX_WORDS_AFTER: Final = 8
"""So many words after them the verb is looked for."""
MAX_WORDS_TO_CONDITION: Final = 40
MAX_BEING_SENT: Final = 24


class WholeKind(StrEnum):
    """What words for all are: all there is, all but what was named, two things, the order."""

    ALL = "all"
    REST = "rest"
    BOTH = "both"
    ORDER = "order"


MENTION_TABLES: Final = (
    (WholeKind.REST, TABLES["rest"]),
    (WholeKind.ALL, TABLES["all"]),
    (WholeKind.BOTH, TABLES["both"]),
)


@dataclass(frozen=True)
class WholeMention:
    """Words for all, from which word of a sentence up to which; ``count`` is a number with them:
    "all three items".
    """

    kind: WholeKind
    first: int
    last: int
    count: int | None = None


@dataclass(frozen=True)
class WholeRequest:
    """Words for all that something is asked for; ``maybe`` where only if something is so.

    ``start`` and ``end`` are the characters of the text.
    """

    kind: WholeKind
    count: int | None
    maybe: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Verb:
    """A verb that asks for something, as characters of the text."""

    start: int
    end: int


def find_whole_requests(document: Document, names: Collection[str]) -> tuple[WholeRequest, ...]:
    """The words for all that are what a message asks to have returned, refunded or exchanged.

    ``names`` are the words of the order's items, in the singular: they may stand between a
    request and the words for all ("return the lamp and everything else").
    """
    verbs = list(_iter_verbs(document))
    found = []
    for words in list_sentences(document):
        for mention in find_whole_mentions(words):
            reading = _Reading(words, mention, verbs, frozenset(names))
            if (maybe := reading.find_governor()) is not None:
                start, end = words[mention.first].start, words[mention.last - 1].end
                found.append(WholeRequest(mention.kind, mention.count, maybe, start, end))
    return tuple(found)


def find_whole_mentions(words: Sentence) -> tuple[WholeMention, ...]:
    """All words for all in a sentence, whatever is said of them."""
    found: list[WholeMention] = []
    at = 0
    while at < len(words):
        mention = _match_mention(words, at)
        if mention is not None:
            found.append(mention)
        at = mention.last if mention else at + 1
    return tuple(found)


def _match_mention(words: Sentence, at: int) -> WholeMention | None:
    for kind, table in MENTION_TABLES:
        if length := table.match_length(words, at):
            if kind == WholeKind.BOTH and _is_determiner(words, at + length):
                return None
            return WholeMention(kind, at, at + length)
    if words[at].text in LISTS["every"]:
        return _match_all_goods(words, at)
    if words[at].text in LISTS["whole"]:
        return _match_whole_parcel(words, at)
    return _match_plain_order(words, at)


def _is_determiner(words: Sentence, at: int) -> bool:
    """Whether "both" goes with what is named: "both the kettle and the lamp", "both lamps"."""
    if at >= len(words) or words[at].text in MARKS:
        return False
    return words[at].text not in LISTS["after"] | LISTS["passive"] | LISTS["place"]


def _match_all_goods(words: Sentence, at: int) -> WholeMention | None:
    """As in "All of the four items"; "all" alone before a mark or what may follow."""
    last, count = at + 1, None
    while last < len(words) and (words[last].text in LISTS["own"] or _read_number(words[last])):
        count = _read_number(words[last]) or count
        last += 1
    for end in (last + 1, last + 2):
        if end <= len(words) and words[end - 1].text in LISTS["goods"]:
            return WholeMention(WholeKind.ALL, at, end, count)
    alone = last == at + 1 or count is not None
    if words[at].text == "all" and alone and _may_follow(words, last):
        return WholeMention(WholeKind.ALL, at, last, count)
    return None


def _may_follow(words: Sentence, at: int) -> bool:
    if TABLES["in_this_order"].match_length(words, at):
        return True
    return at >= len(words) or words[at].text in MARKS | LISTS["after"] | LISTS["passive"]


def _read_number(word: SpokenWord) -> int | None:
    if word.text in NUMBER_WORDS:
        return NUMBER_WORDS[word.text]
    return int(word.text) if word.text.isdecimal() and len(word.text) <= 2 else None


def _match_whole_parcel(words: Sentence, at: int) -> WholeMention | None:
    """As in "Whole order", "complete last purchase", "the whole of this order"."""
    of_this = at + 2 < len(words) and words[at + 1].text == "of"
    for end in (at + 4,) if of_this else (at + 2, at + 3):
        if end <= len(words) and words[end - 1].text in LISTS["parcel"]:
            named = end < len(words) and words[end].text in LISTS["not_order"]
            return None if named else WholeMention(WholeKind.ALL, at, end)
    return None


def _match_plain_order(words: Sentence, at: int) -> WholeMention | None:
    if words[at].text not in LISTS["order"]:
        return None
    if at + 1 < len(words) and words[at + 1].text in LISTS["not_order"]:
        return None
    return WholeMention(WholeKind.ORDER, at, at + 1)


def _iter_verbs(document: Document) -> Iterator[_Verb]:
    """The requests of a message by their verbs: those for money, or where there are none those
    for an exchange; and what is being sent back."""
    asked = find_requests(document)
    money = [wish for wish in asked if wish.kind in MONEY_KINDS]
    for wish in money or asked:
        yield _Verb(wish.start, _find_verb_end(document.text, wish))
    for verb in islice(REQUEST_VERB.finditer(document.text), MAX_BEING_SENT):
        said = document.text[max(0, verb.start() - 12) : verb.start()].casefold().split()
        if verb.group().casefold().split()[0].endswith("ing") and said[-1:] in _BEING:
            yield _Verb(verb.start(), verb.end())


_BEING: Final = (["i'm"], ["am"], ["we're"], ["are"], ["i’m"], ["we’re"])


def _find_verb_end(text: str, wish: Request) -> int:
    verb = REQUEST_VERB.match(text, wish.start)
    return verb.end() if verb else wish.start


@dataclass(frozen=True)
class _Reading:
    """One mention in its sentence, read for what is to be done with it."""

    words: Sentence
    mention: WholeMention
    verbs: Sequence[_Verb]
    names: frozenset[str]

    def find_governor(self) -> bool | None:
        """None where nothing asks for it; else whether it is asked for on a condition."""
        if self._is_negated():
            return None
        verb = self._find_verb_before() or self._find_verb_after()
        if verb is not None:
            return self._has_condition()
        if self._is_answer():
            return False
        return None

    @property
    def _start(self) -> int:
        return self.words[self.mention.first].start

    @property
    def _end(self) -> int:
        return self.words[self.mention.last - 1].end

    def _is_negated(self) -> bool:
        """As in "Not everything", "without the whole order"."""
        before = self.words[max(0, self.mention.first - 2) : self.mention.first]
        said = [word.text for word in before if word.text not in {"the", "my", "for", "just"}]
        return bool(said) and said[-1] in {"not", "without", "nor", "neither", "than"}

    def _find_verb_before(self) -> _Verb | None:
        """The verb whose object it is: nothing but what may stand between is between them."""
        ends = {verb.end: verb for verb in self.verbs}
        for verb in self.verbs:
            if verb.start <= self._start and self._end <= verb.end:
                return verb
        for at in range(self.mention.first, max(0, self.mention.first - MAX_WORDS_BETWEEN), -1):
            if found := ends.get(self.words[at - 1].end):
                return found if self._is_object_end() else None
            if not self._may_stand_between(self.words[at - 1], self.mention.first - at):
                return None
        return None

    def _may_stand_between(self, word: SpokenWord, count: int) -> bool:
        if self.mention.kind == WholeKind.ORDER:
            return word.text in LISTS["between_order"] and count < MAX_WORDS_BEFORE
        return (
            word.text in LISTS["between"]
            or word.text in {",", "/", "&"}
            or singularize_word(word.text) in self.names
            or _read_number(word) is not None
        )

    def _is_object_end(self) -> bool:
        """Whether what follows leaves it what the verb is for, and all of it: no predicate of
        its own, and no clause that picks some of it.
        """
        at = self.mention.last
        if at >= len(self.words) or self.words[at].text in MARKS:
            return True
        said = self.words[at].text
        if TABLES["wholly"].match_length(self.words, at):
            return True
        if said in LISTS["who"]:
            return self.mention.kind == WholeKind.ORDER or self._is_all_bought(at)
        if said in LISTS["place"]:
            return at + 1 < len(self.words) and self._is_place(self.words[at + 1])
        if self.mention.kind == WholeKind.ORDER and self._is_number(at):
            return True
        return said in LISTS["after"] | LISTS["bought"] - {"is", "was", "came", "arrived"}

    def _is_number(self, at: int) -> bool:
        """Whether an order's number follows: 1042, W1042, HP-1042."""
        near = self.words[at : at + 3]
        joined = len(near) == 3 and near[0].end == near[1].start and near[1].end == near[2].start
        return not near[0].text.isalpha() or (joined and not near[2].text.isalpha())

    def _is_place(self, word: SpokenWord) -> bool:
        return word.text in LISTS["placed"] or not word.text.isalpha()

    def _is_all_bought(self, at: int) -> bool:
        """As in "Everything I ordered" is all; "everything that is broken" is some."""
        rest = self.words[at : at + MAX_WORDS_AFTER]
        for place, word in enumerate(rest):
            if word.text in {"is", "was", "came", "arrived"}:
                after = rest[place + 1 : place + 2]
                return not after or after[0].text in MARKS or self._is_in_order(rest[place + 1 :])
            if word.text in LISTS["bought"]:
                return True
            if word.text not in LISTS["helping"] | LISTS["who"]:
                return False
        return False

    def _is_in_order(self, words: Sequence[SpokenWord]) -> bool:
        """As in “that is in this order” and “that came in the parcel”, not “in its box”."""
        said = words[0].text in LISTS["in_order"]
        return said and any(word.text in LISTS["parcel"] for word in words[1:4])

    def _find_verb_after(self) -> _Verb | None:
        """The verb of which it is the subject: "everything should be refunded", "I want it all
        refunded".
        """
        if self.mention.kind == WholeKind.ORDER and self._is_denied_before():
            return None
        last = self._find_bought_end(self.mention.last)
        after = self.words[last : last + MAX_WORDS_AFTER]
        before = self.words[self.mention.first - 1].text if self.mention.first else ""
        if before in {"the", "my", "this", "for"} and self.mention.first > 1:
            before = self.words[self.mention.first - 2].text
        for place in range(len(after)):
            said = {word.text for word in after[:place]}
            if not has_only(after[:place], LISTS["passive"]):
                return self._find_fronted_verb(after)
            back = bool(TABLES["goes_back"].match_length(after, place))
            verb = REQUEST_VERB.match(" ".join(word.text for word in after[place:]))
            if (back or verb) and (found := self._build_passive(said, before, plain=back)):
                return found
        return None

    def _find_bought_end(self, at: int) -> int:
        """The word behind “I ordered” in “everything I ordered has to go back”."""
        end = at
        while end < len(self.words) and self.words[end].text in LISTS["helping"] | LISTS["who"]:
            end += 1
        if end == at or end >= len(self.words):
            return at
        return end + 1 if self.words[end].text in LISTS["bought"] - {"is", "was"} else at

    def _find_fronted_verb(self, after: Sequence[SpokenWord]) -> _Verb | None:
        """The verb of "everything else I want to return.", with nothing behind it."""
        for place, word in enumerate(after):
            verb = next((each for each in self.verbs if each.start == word.start), None)
            if verb is not None:
                rest = [w for w in self.words if w.start >= verb.end and w.text != "please"]
                return verb if not rest or rest[0].text in MARKS else None
            if word.text not in LISTS["fronting"] or (not place and word.text not in LISTS["who"]):
                return None
        return None

    def _build_passive(self, said: set[str], before: str, *, plain: bool) -> _Verb | None:
        wanted = bool(said & LISTS["demand"]) or before in LISTS["wanting"]
        if self._is_denied_before():
            return None
        if not (wanted or (plain and said <= {"is", "are", "all"})):
            return None
        return _Verb(self._start, self._end)

    def _is_denied_before(self) -> bool:
        before = self.words[max(0, self.mention.first - MAX_WORDS_BEFORE) : self.mention.first]
        near = takewhile(lambda word: word.text not in MARKS, reversed(before))
        after = self.words[self.mention.last : self.mention.last + 4]
        return any(word.text in LISTS["denying"] for word in near) or any(
            word.text in {"not", "never", "cannot", "can't"} for word in after
        )

    def _is_answer(self) -> bool:
        """Whether it stands alone, as an answer does: "Which items? All of them, please."."""
        if self.mention.kind in (WholeKind.ORDER, WholeKind.REST):
            return False
        first, last = self.mention.first, self.mention.last
        if last - first == 1 and self.words[first].text == "all":
            return False
        while first and self.words[first - 1].text in LISTS["fragment"]:
            first -= 1
        while last < len(self.words) and self.words[last].text in LISTS["fragment"]:
            last += 1
        before = self.words[first - 1].text if first else ""
        ends = all(word.text in MARKS for word in self.words[last:])
        if ends:
            return not first or (before in LISTS["after_fragment"] and self._has_verb(0, first))
        return not first and self.words[last].text == "," and self._has_verb(last, len(self.words))

    def _has_verb(self, first: int, last: int) -> bool:
        begin, end = self.words[first].start, self.words[last - 1].end
        return any(begin <= verb.start < end for verb in self.verbs)

    def _has_condition(self) -> bool:
        """Whether something in the sentence makes it depend on something."""
        begin = max(0, self.mention.first - MAX_WORDS_TO_CONDITION)
        return has_condition(self.words[begin : self.mention.last + MAX_WORDS_TO_CONDITION])


def has_condition(words: Sequence[SpokenWord]) -> bool:
    """Whether the words hold a condition that is more than manners ("if possible")."""
    return any(
        TABLES["condition"].match_length(words, at)
        and not TABLES["polite_condition"].match_length(words, at)
        for at in range(len(words))
    )
