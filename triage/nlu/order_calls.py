"""What calls a number an order's: the words before and after it, "#", or a line of its own.

Pure. Words for an order in some thirty languages lie in ``lexicons/number_places.toml``; what
may stand between them and the number is read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from triage.nlu.number_tokens import BLANKS, Stretch, Token
from triage.nlu.place_words import (
    BRIDGE_WORDS,
    COPULAS,
    GLUE,
    NUMBER_WORDS,
    ORDER_NUMBER_NOUNS,
    PAST_COPULAS,
    REFERENCE_WORDS,
    REPLY_MARKS,
    UNSURE_NUMBERS,
    VERB_LEADS,
    is_order_noun,
)

MAX_WORDS_BACK: Final = 7
MAX_WORDS_AFTER: Final = 4
MAX_ABBREVIATION_CHARS: Final = 4
ABBREVIATED: Final = ("nr", "str")
"""How compounds end that a full stop may follow: "Kundennr.", "Bahnhofstr."."""
MAX_LINE_CHARS: Final = 100
HASHES: Final = frozenset("#＃")
NUMERO: Final = "№"
QUOTES: Final = "()[]{}<>\"'“”‘’„«»‹›*_`"
FRAMES: Final = frozenset(f"{BLANKS}{QUOTES}:：=,-–—./~°º|{NUMERO}") | HASHES
"""What may stand between a word for an order and its number."""
BRIDGES: Final = frozenset(f"{BLANKS}{QUOTES}-.:：")
"""What may stand between a number and the word for an order behind it."""


class Call(IntEnum):
    """How plainly a number is called an order's."""

    NONE = 0
    NUMBERED = 1  # "no. 1002": of what, it does not say
    NAMED = 2  # "order 1002"
    SURE = 3  # "order no. 1002", "#1002"


def read_call(number: Stretch) -> tuple[Call, Token | None]:
    """How a number is called an order's, and the word for an order that does."""
    sign = not HASHES.isdisjoint(number.gap_before)
    numbered, past, at = _read_number_words(number)
    if _is_noun_of(number, at, numbered=numbered):
        sure = numbered or sign or _is_number_noun(number, at)
        call = Call.SURE if sure else Call.NUMBERED if past else Call.NAMED
        return call, number.get_token(at)
    if sign and not UNSURE_NUMBERS.has_token(number.get_token(at)):
        return Call.SURE, None
    if noun := _find_noun_after(number):
        return (Call.SURE if numbered else Call.NAMED), noun
    return (Call.NUMBERED if numbered or sign else Call.NONE), None


def iter_back(number: Stretch) -> Iterator[tuple[int, Token]]:
    """The tokens before a number, the nearest first, up to where its sentence begins."""
    for offset in range(-1, -MAX_WORDS_BACK - 1, -1):
        token = number.get_token(offset)
        if token is None or _is_break(number.get_gap(offset), token):
            return
        yield offset, token


def _is_break(gap: str, before: Token) -> bool:
    """Whether a sentence ends between a token and what follows; a line may end after a colon,
    and a full stop may be that of an abbreviation."""
    short = len(before.word) <= MAX_ABBREVIATION_CHARS or before.word.endswith(ABBREVIATED)
    short = short or is_order_noun(before)
    stops = any(mark in gap for mark in "!?;") or ("." in gap and not short)
    ended = "\n" in gap and not (":" in gap or NUMBER_WORDS.has_token(before))
    return stops or (ended and not ORDER_NUMBER_NOUNS.has_token(before))


def _read_number_words(number: Stretch) -> tuple[bool, bool, int]:
    """Whether words like "no." stand before it, whether one like "was", and the place of what
    is before them."""
    numbered, past = NUMERO in number.gap_before, False
    for offset, token in iter_back(number):
        if is_order_noun(token):
            return numbered, past, offset
        if NUMBER_WORDS.has_token(token):
            numbered = True
        elif PAST_COPULAS.has_token(token):
            past = True
        elif not (COPULAS.has_token(token) or (numbered and GLUE.has_token(token))):
            return numbered, past, offset
    return numbered, past, -MAX_WORDS_BACK - 1


def _is_noun_of(number: Stretch, at: int, *, numbered: bool) -> bool:
    """Whether the token at ``at`` is a word for an order, and no more than frames between."""
    noun = number.get_token(at)
    if not is_order_noun(noun) or _is_verb(number, at):
        return False
    gap = number.get_gap(at)
    if "\n" in gap and (":" in gap or numbered or ORDER_NUMBER_NOUNS.has_token(noun)):
        gap = gap.replace("\n", "").replace("\r", "")
    dotted = "." in gap and not (numbered or ORDER_NUMBER_NOUNS.has_token(noun))
    return FRAMES.issuperset(gap) and not dotted


def _is_verb(number: Stretch, at: int) -> bool:
    """Whether "order" is what somebody does: "I want to order 1500"."""
    gap = number.get_gap(at - 1)
    return bool(gap) and not gap.strip(BLANKS) and VERB_LEADS.has_token(number.get_token(at - 1))


def _is_number_noun(number: Stretch, at: int) -> bool:
    """Whether it says number as well: "Bestellnummer", "n° de commande", "nr zamówienia"."""
    if ORDER_NUMBER_NOUNS.has_token(number.get_token(at)):
        return True
    for offset in range(at - 1, at - 4, -1):
        token = number.get_token(offset)
        if NUMBER_WORDS.has_token(token):
            return True
        if not GLUE.has_token(token):
            return False
    return False


def _find_noun_after(number: Stretch) -> Token | None:
    """The word for one order right after the number: "1002 is my order"."""
    for offset in range(1, MAX_WORDS_AFTER + 1):
        token, gap = number.get_token(offset), number.get_gap(offset)
        if token is None or not BRIDGES.issuperset(gap) or ". " in gap:
            return None
        if is_order_noun(token):
            return None if token.word in ("orders", "purchases") else token
        if not any(words.has_token(token) for words in (COPULAS, NUMBER_WORDS, BRIDGE_WORDS)):
            return None
    return None


def is_alone(number: Stretch) -> bool:
    """Whether its line says nothing but numbers: "Re: 1002"."""
    left = number.text.rfind("\n", 0, number.start) + 1
    right = number.text.find("\n", number.end)
    right = len(number.text) if right < 0 else right
    if right - left > MAX_LINE_CHARS:
        return False
    first, last = max(0, number.first - MAX_LINE_CHARS), number.last + MAX_LINE_CHARS
    others = [
        token
        for token in number.tokens[first:last]
        if left <= token.start < right and not number.start <= token.start < number.end
    ]
    return all(token.digits or _is_neutral(token) for token in others)


def _is_neutral(token: Token) -> bool:
    """Whether a word says nothing of what a number is of; a "reference" may be of a payment."""
    number = NUMBER_WORDS.has_token(token) and not REFERENCE_WORDS.has_token(token)
    return number or REPLY_MARKS.has_token(token)
