"""Where a text names orders by their numbers, and which numbers only may be orders.

Pure. A number names an order where an order's number stands (``order_calls``) and nothing reads
it as something else (``number_meanings``); one with letters or in several parts anywhere. What
stands in such a place, or has the form of the shop's numbers, and is none of the customer's is
strange to us. In no certain place a number is a question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from triage.nlu.document import Document
from triage.nlu.number_meanings import (
    Against,
    is_numbered_as_other,
    is_of_other_thing,
    is_part_of_date,
    is_whole_date,
    read_against,
)
from triage.nlu.number_tokens import BLANKS, Stretch, Token, is_joint, is_uncased, list_tokens
from triage.nlu.order_calls import (
    HASHES,
    Call,
    is_alone,
    read_call,
)
from triage.nlu.order_numbers import OwnNumbers, Share, is_distinct
from triage.nlu.place_words import (
    COPULAS,
    GLUE,
    LEAD_WORDS,
    LIST_WORDS,
    MONTH_NAMES,
    NUMBER_WORDS,
    REPLY_MARKS,
    YEAR_LEADS,
    is_order_noun,
)

MIN_CALLED_DIGITS: Final = 3
MIN_PLAIN_DIGITS: Final = 4  # of a number that nothing but "order" before it calls an order's
MAX_NUMBER_PARTS: Final = 9
MAX_PREFIX_CHARS: Final = 6
MAX_SUFFIX_CHARS: Final = 2
MAX_OWN_MEANT: Final = 4
"""A part of a number that more orders have tells nothing."""
MAX_LIST_GAP_CHARS: Final = 24
LIST_SIGNS: Final = frozenset(f"{BLANKS},;&+/-–•*·()\r\n") | HASHES
ATTACHING: Final = frozenset("-‐‑‒–/_.,:'’@+")
ATTACHING_LETTERS: Final = frozenset("-‐‑‒–/_@")
GROUPED_DIGITS: Final = 3  # behind the comma of a thousand


class Verdict(Enum):
    """What a number in a text is: an order named, perhaps one, or none of the customer's."""

    NAMED = "named"
    UNSURE = "unsure"
    STRANGE = "strange"


@dataclass(frozen=True)
class OrderMention:
    """A number in a text from ``start`` to ``end``, as ``written``: ``numbers`` are the orders of
    the customer's that it can be, several where it fits several, none for a strange one."""

    start: int
    end: int
    written: str
    verdict: Verdict
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a number stands: ``alone`` in its line, ``attached`` to something longer."""

    call: Call
    against: Against
    alone: bool
    attached: bool


def find_order_mentions(
    document: Document, own: Collection[str], tickets: Collection[str] = ()
) -> tuple[OrderMention, ...]:
    """The numbers of orders in a text, in their order; ``own`` are those of the customer.

    ``tickets`` are the numbers of the ticket itself: "#4711" may be that.
    """
    reader = _Reader(document, OwnNumbers.index_numbers(own), frozenset(tickets))
    return tuple(reader.iter_mentions())


@dataclass(frozen=True)
class _Reader:
    document: Document
    own: OwnNumbers
    tickets: frozenset[str]

    def iter_mentions(self) -> Iterator[OrderMention]:
        at, previous = 0, None
        tokens = list_tokens(self.document)
        while at < len(tokens):
            number, mention = self._read_from(at, previous)
            if mention:
                yield mention
                previous = mention
            at = number.last + 1 if number else at + 1

    def _read_from(
        self, at: int, previous: OrderMention | None
    ) -> tuple[Stretch | None, OrderMention | None]:
        """The number that begins at a token, and the order that it names, if it does."""
        stretches = self._list_stretches(at)
        for read in (self._read_own, self._read_form, self._read_part):
            for number in stretches:
                if found := read(number, previous):
                    return number, found[0]
        return self._read_called(at, previous)

    def _list_stretches(self, at: int) -> list[Stretch]:
        """What may be a number of theirs, or of its form, from a token on, the longest first."""
        tokens, text, word, found = list_tokens(self.document), self.document.text, "", []
        for last in range(at, min(at + MAX_NUMBER_PARTS, len(tokens))):
            if last > at and not is_joint(text[tokens[last - 1].end : tokens[last].start]):
                break
            word += tokens[last].word
            if self.own.may_be(word, tokens[at], last - at + 1):
                found.append(Stretch(self.document, at, last))
        return [number for number in reversed(found) if not _has_loose_suffix(number)]

    def _read_own(
        self, number: Stretch, previous: OrderMention | None
    ) -> tuple[OrderMention | None] | None:
        """An order of theirs, said in full or without its letters; None where it is none."""
        found = self.own.find_orders(number)
        if found is None or found[0] == Share.PART:
            return None
        share, numbers = found
        said = _drop_loose_prefix(number) if share == Share.FULL else number
        place = self._read_place(said, previous)
        clear = said is number and share == Share.FULL and is_distinct(number)
        verdict = _judge_distinct(number, place) if clear else _judge_plain(said, place, share)
        return (_build_mention(number, verdict, numbers) if verdict else None,)

    def _read_form(
        self, number: Stretch, previous: OrderMention | None
    ) -> tuple[OrderMention | None] | None:
        """A number of the shop's form that is none of theirs."""
        if not self.own.has_form(number) or is_numbered_as_other(number):
            return None
        place = self._read_place(number, previous)
        lettered = any(not part.digits for part in number.parts)
        clear = is_distinct(number) and not (place.attached or place.against == Against.CLEAR)
        if not (lettered or clear or place.call >= Call.NAMED):
            return None
        if is_whole_date(number) and place.call < Call.NAMED and not place.alone:
            return None
        return (_build_mention(number, Verdict.STRANGE, ()),)

    def _read_part(
        self, number: Stretch, previous: OrderMention | None
    ) -> tuple[OrderMention | None] | None:
        """A part of a number of theirs, where words or letters call it an order's."""
        found = self.own.find_orders(number)
        if found is None or len(found[1]) > MAX_OWN_MEANT:
            return None
        place = self._read_place(number, previous)
        lettered = not number.parts[0].digits and not place.against
        if place.against == Against.CLEAR or not (lettered or place.call >= Call.NAMED):
            return None
        return (_build_mention(number, Verdict.UNSURE, found[1]),)

    def _read_called(
        self, at: int, previous: OrderMention | None
    ) -> tuple[Stretch | None, OrderMention | None]:
        """A number that words call an order's, whatever its form."""
        number = _take_run(Stretch(self.document, at, at))
        if not _may_be_called(number):
            return None, None
        place = self._read_place(number, previous)
        verdict = None if place.attached else self._judge_called(number, place)
        return (number, _build_mention(number, verdict, ())) if verdict else (None, None)

    def _judge_called(self, number: Stretch, place: _Place) -> Verdict | None:
        """What a number is that words call an order's and none of theirs has."""
        if place.against == Against.CLEAR or number.word in self.tickets:
            return None
        if place.call == Call.SURE:
            return Verdict.STRANGE
        formed = len(number.parts) == 1 and len(number.word) in self.own.lengths
        if place.call < Call.NAMED or (place.alone and not formed):
            return None
        if place.against:
            return Verdict.UNSURE if formed else None
        digits = sum(len(part.word) for part in number.parts if part.digits)
        return Verdict.STRANGE if formed or digits >= MIN_PLAIN_DIGITS else None

    def _read_place(self, number: Stretch, previous: OrderMention | None) -> _Place:
        call, noun = read_call(number)
        alone = call < Call.NAMED and is_alone(number)
        listed = previous is not None and _is_in_list(number, previous)
        if alone:
            call = Call.SURE if call == Call.NUMBERED else Call.NAMED
        call = max(call, Call.NAMED) if listed else call
        if noun is None and is_of_other_thing(number):
            call = Call.NONE
        if number.word in self.tickets and not HASHES.isdisjoint(number.gap_before):
            call = min(call, Call.NUMBERED)
        named = call >= Call.NAMED
        against = read_against(number, noun, alone=alone or listed, called=named)
        return _Place(call, against, alone, self._is_attached(number))

    def _is_attached(self, number: Stretch) -> bool:
        """Whether it is a piece of something longer: of 1002.50, of WH-1002, of 2026/10/78."""
        return self._is_joined_before(number) or self._is_joined_after(number)

    def _is_joined_before(self, number: Stretch) -> bool:
        token, gap = number.get_token(-1), number.gap_before
        if token is None or len(gap) > 1 or not ATTACHING.issuperset(gap):
            return False
        if token.digits:
            grouped = gap != "," or len(number.parts[0].word) == GROUPED_DIGITS
            return grouped and not self._is_own(number.first - 1)
        return ATTACHING_LETTERS.issuperset(gap) and not _is_loose(token)

    def _is_joined_after(self, number: Stretch) -> bool:
        token, gap = number.get_token(1), number.gap_after
        if token is None or len(gap) > 1 or not ATTACHING.issuperset(gap):
            return False
        if token.digits:
            grouped = gap != "," or len(token.word) <= GROUPED_DIGITS
            return grouped and not self._is_own(number.last + 1)
        short = not gap or gap == "@" or len(token.word) <= MAX_SUFFIX_CHARS
        return ATTACHING_LETTERS.issuperset(gap) and short and not is_uncased(token.word)

    def _is_own(self, at: int) -> bool:
        found = self.own.find_orders(Stretch(self.document, at, at))
        return found is not None and found[0] != Share.PART


def _has_loose_suffix(number: Stretch) -> bool:
    """Whether its last letters are those of the next word: "1417 x candles" is no 1417-X."""
    last = number.parts[-1]
    if last.digits or len(number.parts) < 2 or not number.parts[-2].digits:
        return False
    gap = number.get_inner_gap(len(number.parts) - 2)
    return bool(gap) and not gap.strip(BLANKS) and not last.raw.isupper()


def _is_loose(token: Token) -> bool:
    """Whether a word joined to a number is none of its letters: "Nr.1002", "order-1002"."""
    named = is_order_noun(token) or NUMBER_WORDS.has_token(token) or REPLY_MARKS.has_token(token)
    return named or is_uncased(token.word)


def _drop_loose_prefix(number: Stretch) -> Stretch:
    """Without its letters where those are a word of the sentence: "in 2026" is no IN-2026."""
    prefix = number.parts[0]
    if prefix.digits or len(number.parts) != 2 or number.get_inner_gap(0).strip(BLANKS):
        return number
    if not number.get_inner_gap(0) or prefix.raw.isupper():
        return number
    words = (GLUE, LEAD_WORDS, NUMBER_WORDS, REPLY_MARKS, COPULAS, YEAR_LEADS)
    small = len(prefix.word) == 1 or any(words.has_token(prefix) for words in words)
    return replace(number, first=number.first + 1) if small else number


def _judge_distinct(number: Stretch, place: _Place) -> Verdict | None:
    if is_whole_date(number):
        return _judge_plain(number, place, Share.FULL)
    unsure = place.attached or is_numbered_as_other(number)
    return Verdict.UNSURE if unsure else Verdict.NAMED


def _judge_plain(number: Stretch, place: _Place, share: Share) -> Verdict | None:
    """What digits alone are, which could be anything: what nothing speaks for or against is
    unsure."""
    called = place.call >= Call.NAMED
    if place.attached:
        return Verdict.UNSURE if called else None
    if place.against == Against.CLEAR:
        return Verdict.UNSURE if place.call == Call.SURE else None
    if place.against == Against.DOUBT:
        sure = place.call == Call.SURE
        return Verdict.NAMED if sure else Verdict.UNSURE if called else None
    tells = share == Share.FULL or len(number.word) >= MIN_PLAIN_DIGITS
    return Verdict.NAMED if called else Verdict.UNSURE if tells else None


def _build_mention(number: Stretch, verdict: Verdict, numbers: tuple[str, ...]) -> OrderMention:
    text, start = number.document.text, number.start
    if text[start - 1 : start] in HASHES:
        start -= 1
    return OrderMention(start, number.end, text[start : number.end], verdict, numbers)


def _take_run(number: Stretch) -> Stretch:
    """The stretch with all that is joined to it without a blank."""
    while number.last + 1 < len(number.tokens):
        gap = number.gap_after
        if not is_joint(gap) or set(gap) & set(BLANKS) or len(gap) > 1:
            break
        number = replace(number, last=number.last + 1)
    return number


def _may_be_called(number: Stretch) -> bool:
    """Whether a run has the form of any order's number: enough digits, few letters, no day."""
    digits = [part.word for part in number.parts if part.digits]
    letters = [part for part in number.parts if not part.digits]
    if sum(map(len, digits)) < MIN_CALLED_DIGITS or is_part_of_date(number):
        return False
    if is_whole_date(number) or any(MONTH_NAMES.has_token(part) for part in letters):
        return False
    amount = len(digits) == 2 and not letters and number.get_inner_gap(0) == "."
    return not amount and all(len(part.word) <= MAX_PREFIX_CHARS for part in letters)


def _is_in_list(number: Stretch, previous: OrderMention) -> bool:
    """Whether nothing but the signs and words of a list stands behind the order before."""
    gap = number.text[previous.end : number.start]
    if previous.verdict == Verdict.UNSURE or not 0 < len(gap) <= MAX_LIST_GAP_CHARS:
        return False
    between = [
        token
        for token in number.tokens[max(0, number.first - MAX_NUMBER_PARTS) : number.first]
        if token.start >= previous.end
    ]
    signs = {sign for sign in gap if not sign.isalnum()}
    return signs <= LIST_SIGNS and all(
        LIST_WORDS.has_token(token) or NUMBER_WORDS.has_token(token) for token in between
    )
