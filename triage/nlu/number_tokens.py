"""A text as runs of letters and of digits, each with its place: what numbers are made of.

Pure. Words are compared without capitals and accents, digits of any script as 0 to 9.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.nlu.document import Document
from triage.nlu.value_patterns import LETTERS_OR_DIGITS

BLANKS: Final = " \t\xa0\u2007\u2009\u202f\u3000"
MAX_JOIN_CHARS: Final = 3
JOINTS: Final = frozenset("-‐‑‒–—―−﹣－/∕⁄\\._·|" + BLANKS)
"""What may stand between two parts of one number."""


@dataclass(frozen=True)
class Token:
    """A run of letters or of digits: ``word`` is how it is compared, ``raw`` as it is written."""

    start: int
    end: int
    raw: str
    word: str
    digits: bool


@dataclass(frozen=True)
class WordList:
    """Words of a lexicon: whole ones, beginnings, and those found within a longer word."""

    whole: frozenset[str]
    starts: tuple[str, ...]
    inside: tuple[str, ...]

    @classmethod
    def build_list(cls, phrases: Iterable[str]) -> WordList:
        """A phrase that ends with "~" is a beginning; one of a script without capitals may
        stand within a word, as such scripts write no blanks or join small words to others.
        """
        phrases = tuple(phrases)
        whole = frozenset(normalize_word(each) for each in phrases if not each.endswith("~"))
        starts = tuple(normalize_word(each[:-1]) for each in phrases if each.endswith("~"))
        inside = tuple(sorted(each for each in whole if len(each) > 1 and is_uncased(each)))
        return cls(whole, starts, inside)

    def has_token(self, token: Token | None) -> bool:
        if token is None:
            return False
        word = token.word
        if word in self.whole or (self.starts and word.startswith(self.starts)):
            return True
        return is_uncased(word) and any(each in word for each in self.inside)


@dataclass(frozen=True)
class Stretch:
    """The tokens from ``first`` to ``last``, both included, of a document."""

    document: Document
    first: int
    last: int

    @property
    def text(self) -> str:
        return self.document.text

    @cached_property
    def tokens(self) -> Sequence[Token]:
        return list_tokens(self.document)

    @property
    def start(self) -> int:
        return self.tokens[self.first].start

    @property
    def end(self) -> int:
        return self.tokens[self.last].end

    @property
    def parts(self) -> Sequence[Token]:
        return self.tokens[self.first : self.last + 1]

    @property
    def word(self) -> str:
        return join_words(self.parts)

    @property
    def gap_before(self) -> str:
        """What stands between the token before and the stretch."""
        return self.text[self.tokens[self.first - 1].end if self.first else 0 : self.start]

    @property
    def gap_after(self) -> str:
        """What stands between the stretch and the next token."""
        following = self.get_token(1)
        return self.text[self.end : following.start if following else len(self.text)]

    def get_token(self, offset: int) -> Token | None:
        """The token so many before (-1 …) or after (1 …) the stretch."""
        at = self.first + offset if offset < 0 else self.last + offset
        return self.tokens[at] if 0 <= at < len(self.tokens) else None

    def get_gap(self, offset: int) -> str:
        """What stands between the token at ``offset`` and the one nearer to the stretch."""
        token = self.get_token(offset)
        if token is None:
            return ""
        if offset < 0:
            return self.text[token.end : self.tokens[self.first + offset + 1].start]
        return self.text[self.tokens[self.last + offset - 1].end : token.start]

    def get_inner_gap(self, place: int) -> str:
        """What stands behind the part at ``place``, counted from 0, within the stretch."""
        return self.text[self.parts[place].end : self.parts[place + 1].start]


def normalize_word(raw: str) -> str:
    """A run of letters or digits as it is compared."""
    plain = unicodedata.normalize("NFKD", raw)
    return "".join(map(_normalize_character, plain)).casefold()


def _normalize_character(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def is_uncased(word: str) -> bool:
    """Whether the letters have no capitals, as those of Chinese, Japanese, Arabic or Hebrew."""
    return not word.isascii() and all(map(_is_uncased_letter, word))


def _is_uncased_letter(character: str) -> bool:
    """ "º" is one of Latin, though it has no capital."""
    return unicodedata.category(unicodedata.normalize("NFKC", character)[0]) in ("Lo", "Lm")


@keep_on_argument
def list_tokens(document: Document) -> tuple[Token, ...]:
    """The runs of letters and of digits of a document, in their order; a run of letters ends
    where one of another kind of script begins: "订单AB1002" is of three."""
    return tuple(
        Token(start, end, raw, normalize_word(raw), raw[0].isdecimal())
        for match in LETTERS_OR_DIGITS.finditer(document.text)
        for start, end, raw in _split_scripts(match.start(), match.group())
    )


def _split_scripts(start: int, run: str) -> Iterator[tuple[int, int, str]]:
    if run.isascii():
        yield start, start + len(run), run
        return
    for _, group in groupby(run, _is_of_uncased_script):
        raw = "".join(group)
        yield start, start + len(raw), raw
        start += len(raw)


def _is_of_uncased_script(character: str) -> bool:
    return _is_uncased_letter(character) and not unicodedata.combining(character)


def split_number(number: str) -> tuple[Token, ...]:
    """The parts of a number: "HP-20001-B" is of three."""
    return list_tokens(Document(number))


def is_joint(gap: str) -> bool:
    """Whether two runs with this between them may be parts of one number."""
    return len(gap) <= MAX_JOIN_CHARS and JOINTS.issuperset(gap)


def join_words(parts: Sequence[Token]) -> str:
    """The parts as one word, as two spellings of a number are compared."""
    return "".join(part.word for part in parts)
