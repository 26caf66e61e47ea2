"""The numbers of one customer's orders, however they are said, and the form they have.

Pure. A number is compared part by part ("2026/10/78" is of three), in any case and with any
dashes or blanks between; two parts may be written as one, one is never read as two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from triage.nlu.number_tokens import BLANKS, Stretch, Token, join_words, split_number

MIN_FORM_DIGITS: Final = 3
MAX_SUFFIX_CHARS: Final = 2
MIN_DISTINCT_DIGITS: Final = 6
"""So many digits in several parts are like nothing else."""


class Share(Enum):
    """How much of an order's number is said."""

    FULL = "all of it"
    SHORT = "all but the letters before it"
    PART = "some of its parts"


@dataclass(frozen=True)
class Spelling:
    """A way to say a number: ``ends`` are where its parts end, in characters of them all."""

    number: str
    share: Share
    ends: frozenset[int]


@dataclass(frozen=True)
class Form:
    """What numbers of the shop look like: the ``prefix`` as it is written, and each part as its
    letters, or as a sign for each of its digits."""

    prefix: str
    parts: tuple[str, ...]

    def fits_number(self, number: Stretch) -> bool:
        """Whether a number in a text has this form; one of digits alone says too little."""
        said = describe_parts(number.parts)
        if len(said) != len(self.parts) or len(said) < 2:
            return False
        if not self.prefix and has_blank(number):
            return False
        slack = 1 if len(said) == 2 and self.prefix and not has_blank(number) else 0
        return self._is_prefix_joined(number) and all(
            one == other or (_is_of_digits(one, other) and _is_near(one, other, slack))
            for one, other in zip(self.parts, said, strict=True)
        )

    def _is_prefix_joined(self, number: Stretch) -> bool:
        """Whether its letters stand right before it, or are capitals as the shop's are."""
        if not self.prefix or number.get_inner_gap(0).strip(BLANKS) or not number.get_inner_gap(0):
            return True
        return len(self.prefix) > 1 and number.parts[0].raw == self.prefix


def _is_of_digits(one: str, other: str) -> bool:
    return {*one, *other} == {"0"}


def _is_near(one: str, other: str, slack: int) -> bool:
    return abs(len(one) - len(other)) <= slack and len(other) >= min(len(one), MIN_FORM_DIGITS)


def describe_parts(parts: Iterable[Token]) -> tuple[str, ...]:
    """The form of a number: a letter or two behind the first part may be any."""
    return tuple(
        "0" * len(part.word)
        if part.digits
        else "?" * len(part.word)
        if at and len(part.word) <= MAX_SUFFIX_CHARS
        else part.word
        for at, part in enumerate(parts)
    )


def has_blank(number: Stretch) -> bool:
    """Whether blanks stand between its parts."""
    return any(set(BLANKS) & set(number.get_inner_gap(at)) for at in range(len(number.parts) - 1))


@dataclass(frozen=True)
class OwnNumbers:
    """The numbers of one customer's orders; ``lengths`` are those of numbers of digits alone,
    ``sizes`` tell of the others whether they begin with digits, and of how many parts they are.
    """

    spellings: Mapping[str, tuple[Spelling, ...]]
    forms: tuple[Form, ...]
    lengths: frozenset[int]
    sizes: frozenset[tuple[bool, int]]

    @classmethod
    def index_numbers(cls, numbers: Iterable[str]) -> OwnNumbers:
        found: dict[str, list[Spelling]] = {}
        forms, lengths = dict[Form, None](), set[int]()
        for number in dict.fromkeys(numbers):
            parts = split_number(number)
            for key, spelling in _iter_spellings(number, parts):
                found.setdefault(key, []).append(spelling)
            prefix = parts[0].raw if parts and not parts[0].digits else ""
            forms[Form(prefix, describe_parts(parts))] = None
            if len(parts) == 1:
                lengths.add(len(parts[0].word))
        spellings = {key: tuple(each) for key, each in found.items()}
        sizes = {(not form.prefix, len(form.parts)) for form in forms if len(form.parts) > 1}
        return cls(spellings, tuple(forms), frozenset(lengths), frozenset(sizes))

    def may_be(self, word: str, first: Token, count: int) -> bool:
        """Whether so many parts, all of them together ``word``, can be a number of theirs or
        have its form."""
        return word in self.spellings or (first.digits, count) in self.sizes

    def find_orders(self, number: Stretch) -> tuple[Share, tuple[str, ...]] | None:
        """How much of which orders' numbers a stretch is, at most; None where it is of none."""
        ends = _list_ends(number.parts)
        fitting = [each for each in self.spellings.get(number.word, ()) if ends <= each.ends]
        for share in Share:
            if numbers := [each.number for each in fitting if each.share == share]:
                return share, tuple(dict.fromkeys(numbers))
        return None

    def has_form(self, number: Stretch) -> bool:
        """Whether a number has letters or parts as the shop's numbers have."""
        return any(form.fits_number(number) for form in self.forms)


def _iter_spellings(number: str, parts: tuple[Token, ...]) -> Iterator[tuple[str, Spelling]]:
    for first in range(len(parts)):
        for last in range(first + 1, len(parts) + 1):
            some = parts[first:last]
            if any(part.digits for part in some):
                share = _get_share(parts, first, last)
                yield join_words(some), Spelling(number, share, _list_ends(some))


def _get_share(parts: tuple[Token, ...], first: int, last: int) -> Share:
    if last == len(parts):
        if first == 0:
            return Share.FULL
        if first == 1 and not parts[0].digits:
            return Share.SHORT
    return Share.PART


def _list_ends(parts: Iterable[Token]) -> frozenset[int]:
    ends, length = set(), 0
    for part in parts:
        length += len(part.word)
        ends.add(length)
    return frozenset(ends)


def is_distinct(number: Stretch) -> bool:
    """Whether a number is like no amount, year or quantity: letters are in it, or it is of
    several parts with many digits."""
    if any(not part.digits for part in number.parts):
        return True
    return len(number.parts) > 1 and len(number.word) >= MIN_DISTINCT_DIGITS
