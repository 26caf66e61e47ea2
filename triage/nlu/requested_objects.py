"""What the verb of a request asks for, without what its reasons and comparisons name beside it.

Pure, English. "I want to return the rug since the lamp looks odd on it" asks for the rug: the
object of the verb counts, and a pronoun stands for what was named before it. Where that is not
plain it is a question, never all that is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import find_mentions, singularize_word
from triage.nlu.kept_items import remove_comparisons, remove_praise
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.requests import MONEY_KINDS, Request, find_requests
from triage.nlu.spoken_words import SpokenWord, iter_words, load_phrase_tables

PATH: Final = LEXICONS / "requested_objects.toml"
LISTS: Final = {name: frozenset(words) for name, words in load_lexicon(PATH).items()}
TABLES: Final = load_phrase_tables(PATH)
MARKS: Final = frozenset(",.!?;:()–—-\n")
MAX_WORDS_TO_NAME: Final = 5
MAX_WORDS_OF_NOUN: Final = 4


@dataclass(frozen=True)
class RequestedObjects:
    """The words that name what is asked for; ``question`` where they leave that open."""

    words: str
    question: str = ""


@dataclass(frozen=True)
class _Mention:
    """An item named from one word up to another; ``place`` is that of its name."""

    place: int
    first: int
    last: int


@dataclass(frozen=True)
class _Object:
    """What one request asks for; ``sure`` where its own clause names it outside of a reason."""

    words: str
    question: str = ""
    sure: bool = True


class ObjectReader:
    """Reads requests for the items with these ``names``."""

    def __init__(self, names: Sequence[str], unique: Mapping[str, frozenset[str]]) -> None:
        self.names, self.unique = names, unique

    def read(self, document: Document) -> RequestedObjects:
        """The objects of all requests for money; those named in a reason only where no request
        has one of its own.
        """
        wishes = [wish for wish in find_requests(document) if wish.kind in MONEY_KINDS]
        found = [self._read_request(document, wish) for wish in wishes]
        if any(each.sure and self.find_places(each.words) for each in found):
            found = [each for each in found if each.sure]
        question = next((each.question for each in found if each.question), "")
        return RequestedObjects(" . ".join(each.words for each in found), question)

    def find_places(self, text: str) -> frozenset[int]:
        """Which of the names a text has."""
        return frozenset(each.place for each in self._list_mentions(list(iter_words(text))))

    def remove_asides(self, text: str) -> str:
        """The text without its reasons, relative clauses and comparisons."""
        words = list(iter_words(text))
        mentions, kept, at = self._list_mentions(words), list[str](), 0
        end = 0
        while at < len(words):
            last = self._find_aside_end(words, at, mentions)
            if last > at:
                kept.append(text[end : words[at].start])
                end = words[last].start if last < len(words) else len(text)
            at = max(last, at + 1)
        return " ".join([*kept, text[end:]])

    def _read_request(self, document: Document, wish: Request) -> _Object:
        after = document.text[wish.start : wish.end]
        all_before = wish.words[: max(0, len(wish.words) - len(after.rstrip()))]
        spoken = self.find_places(self._remove_judged(wish.words))
        own = self._remove_judged(self.remove_asides(after))
        if places := self.find_places(own):
            question = self._ask_about_trouble(own)
            return _Object(wish.words if places == spoken else own, question)
        if not spoken and not self._list_pronouns(own, "singular"):
            return _Object(wish.words)
        return self._read_pronoun(document, wish, all_before, own)

    def _read_pronoun(self, document: Document, wish: Request, before: str, own: str) -> _Object:
        """What is named before the verb, in its sentence or in those before; else in the reason."""
        single = bool(self._list_pronouns(own, "singular"))
        for part in (self.remove_asides(before), before):
            near = self._remove_judged(part)
            if self.find_places(near):
                return _Object(f"{near} {own}", self._ask_if_crossed(near))
        if len(self.names) > 1 and self.find_places(wish.words) and self._names_other(own):
            return _Object(own, self._format_question(range(len(self.names))))
        if single or self._list_pronouns(own, "plural"):
            earlier = self._find_earlier(document, wish, len(before), single=single)
            if earlier is not None:
                return earlier
        return _Object(
            wish.words, self._ask_if_crossed(self._remove_judged(wish.words)), sure=False
        )

    def _find_earlier(
        self, document: Document, wish: Request, before: int, *, single: bool
    ) -> _Object | None:
        """What the nearest sentence before names; a reason's one item tells which of several."""
        ahead = Document(document.text[: max(0, wish.start - before)])
        reason = self.find_places(self._remove_judged(wish.words))
        for start, end in reversed(ahead.clauses):
            near = self._remove_judged(self.remove_asides(ahead.text[start:end]))
            places = self.find_places(near)
            if places and single and len(places) > 1 and len(reason) == 1:
                return None
            if places:
                return _Object(near, self._ask_if_crossed(near) if single else "", bool(reason))
        return None

    def _remove_judged(self, text: str) -> str:
        """Without comparisons and praise, if that leaves an item."""
        apart = remove_comparisons(text, self.names, dict(self.unique))
        rest = remove_praise(apart, self.names, dict(self.unique))
        return next((said for said in (rest, apart) if self.find_places(said)), text)

    def _list_pronouns(self, text: str, kind: str) -> list[SpokenWord]:
        return [word for word in iter_words(text) if word.text in LISTS[kind]]

    def _ask_if_crossed(self, text: str) -> str:
        """A question where an item does something to another: "the lamp burnt the rug"."""
        words = list(iter_words(text))
        mentions = self._list_mentions(words)
        for one, other in zip(mentions, mentions[1:], strict=False):
            between = words[one.last : other.first]
            if one.place != other.place and TABLES["joining"].find_first(between) is None:
                return self._format_question((one.place, other.place))
        return ""

    def _ask_about_trouble(self, text: str) -> str:
        """A question where an item beside what is asked for has a trouble of its own."""
        words = list(iter_words(text))
        mentions = self._list_mentions(words)
        asked = {each.place for each in mentions if not self._has_predicate(words, each)}
        apart = {each.place for each in mentions} - asked
        return self._format_question((*sorted(asked), *sorted(apart))) if asked and apart else ""

    def _has_predicate(self, words: Sequence[SpokenWord], named: _Mention) -> bool:
        """Whether a name right behind "and" or a mark is what its own clause is about."""
        first = named.first
        while first and words[first - 1].text in LISTS["with_it"]:
            first -= 1
        starts = first > 0 and (words[first - 1].text in MARKS or words[first - 1].text == "and")
        behind = words[named.last].text if named.last < len(words) else ""
        return starts and behind in LISTS["predicate"]

    def _format_question(self, places: Sequence[int] | range) -> str:
        listed = " or ".join(dict.fromkeys(self.names[place] for place in places))
        return f"Which of the items: {listed}?"

    def _names_other(self, own: str) -> bool:
        """Whether the verb has an object that is nothing of the order: "return the carpet"."""
        words = list(iter_words(own))
        for at in range(1, min(len(words), 3)):
            if words[at].text in LISTS["determiner"] - LISTS["plural"] - LISTS["singular"]:
                noun = words[at + 1 : at + 1 + MAX_WORDS_OF_NOUN]
                return bool(noun) and not any(word.text in LISTS["no_item"] for word in noun)
        return False

    def _list_mentions(self, words: Sequence[SpokenWord]) -> list[_Mention]:
        bare = [word.text.partition("'")[0] for word in words]  # "the lamp's feet"
        places = [at for at, word in enumerate(bare) if word.isalnum()]
        said = [singularize_word(bare[at]) for at in places]
        return sorted(
            (
                _Mention(place, places[each.first], places[each.last] + 1)
                for place, name in enumerate(self.names)
                for each in find_mentions(said, name, self.unique[name])
            ),
            key=lambda each: each.first,
        )

    def _find_aside_end(
        self, words: Sequence[SpokenWord], at: int, mentions: Sequence[_Mention]
    ) -> int:
        """Where an aside that begins at a word ends; that word itself where none does."""
        if TABLES["compared"].match_length(words, at):
            near = (m.last for m in mentions if at < m.first <= at + MAX_WORDS_TO_NAME)
            return next(near, at)
        if not self._begins_aside(words, at, mentions):
            return at
        for place in range(at + 1, len(words)):
            if self._is_resumed(
                words, place, mentions, parted=at == 0 or self._is_apart(words, at)
            ):
                return place
        return len(words)

    def _is_apart(self, words: Sequence[SpokenWord], at: int) -> bool:
        """Whether no item or verb of the sentence stands before an aside."""
        return at <= 1 or words[at - 1].text in {".", "!", "?", ";", "\n"}

    def _begins_aside(
        self, words: Sequence[SpokenWord], at: int, mentions: Sequence[_Mention]
    ) -> bool:
        said = words[at].text
        if TABLES["reason"].match_length(words, at):
            return True
        if said.partition("'")[0] in LISTS["relative"]:
            return True
        return _gives_reason(words, at) or self._begins_clause(words, at, mentions)

    def _begins_clause(
        self, words: Sequence[SpokenWord], at: int, mentions: Sequence[_Mention]
    ) -> bool:
        """As in "the lamp that burnt it", "the lamp I bought", "the lamp, it burnt"."""
        said, behind = words[at].text, _get_text(words, at + 1)
        if behind in LISTS["wanting"]:
            return False
        if any(each.last == at for each in mentions) and said in LISTS["relative_behind_name"]:
            return True
        begun = any(each.last < at for each in mentions) and _get_text(words, at - 1) in MARKS
        return begun and said in LISTS["own_subject"] and behind not in MARKS | {""}

    def _is_resumed(
        self, words: Sequence[SpokenWord], at: int, mentions: Sequence[_Mention], *, parted: bool
    ) -> bool:
        """Whether a list of items goes on behind an aside, or the main clause follows it."""
        said = words[at].text
        if said in {".", "!", "?", ";"} or (parted and said == ","):
            return True
        if said not in LISTS["resuming"] and said != ",":
            return False
        near = [each for each in mentions if at < each.first <= at + MAX_WORDS_TO_NAME]
        return any(self._goes_on_with(words, at, each) for each in near)

    def _goes_on_with(self, words: Sequence[SpokenWord], at: int, named: _Mention) -> bool:
        """Whether a name right behind a comma or "and" is one more of a list."""
        between = [word.text for word in words[at + 1 : named.first]]
        if named.first <= at or not all(w in LISTS["with_it"] | {"and"} for w in between):
            return False
        behind = words[named.last].text if named.last < len(words) else "."
        if behind in LISTS["predicate"] - LISTS["also"]:
            return False
        also = TABLES["also"].find_first(words[at : named.last + 2]) is not None
        own = behind == "as" or behind in LISTS["relative"] | LISTS["relative_behind_name"]
        reason = own or TABLES["reason"].match_length(words, named.last)
        inside = {word.text for word in words[max(0, at - 2) : at]} & LISTS["determiner"]
        return bool(also or reason or words[at].text == "," or not inside)


def _get_text(words: Sequence[SpokenWord], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""


def _gives_reason(words: Sequence[SpokenWord], at: int) -> bool:
    """Whether "as" or "for" begins a reason: "as it is torn", but not "as well as the lamp"."""
    said, before = words[at].text, _get_text(words, at - 1)
    if said not in LISTS["reason_before_subject"] or (said == "for" and before not in MARKS):
        return False
    told = {word.text for word in words[at + 2 : at + 5]} & LISTS["said_before"]
    behind = _get_text(words, at + 1)
    return behind in LISTS["subject"] and before not in LISTS["before_as"] and not told


def find_less_than_all(document: Document) -> bool:
    """Whether so many less than all are asked for, which leaves open what goes back."""
    return TABLES["less_than_all"].find_first(list(iter_words(document.text))) is not None


def iter_asides_removed(
    reader: ObjectReader, document: Document, *, told: bool = True
) -> Iterator[str]:
    """The text without asides, sentence by sentence; ``told``: with those that only tell more of
    what was named before ("It was scratched by the lamp").
    """
    for start, end in document.clauses:
        said = next(iter_words(document.text[start:end]), None)
        if told or said is None or said.text not in LISTS["telling"]:
            yield reader.remove_asides(document.text[start:end])
