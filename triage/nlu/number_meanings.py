"""What a number may be instead of an order's: money, a day, a measure, a quantity, an address,
the number of something else.

Pure. Read by what touches it and by the words around it (``lexicons/number_places.toml``); what
is not read here is not decided: a number in an unknown place stays a question.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.nlu.document import Document
from triage.nlu.number_tokens import BLANKS, Stretch, Token
from triage.nlu.order_calls import iter_back
from triage.nlu.place_words import (
    ADDRESS_WORDS,
    CAPITAL_UNITS,
    COPULAS,
    CURRENCY_CODES,
    CURRENCY_WORDS,
    GLUE,
    LEAD_WORDS,
    MONEY_WORDS,
    MONTH_NAMES,
    NO_PLURALS,
    NUMBER_WORDS,
    OTHER_NUMBERS,
    PAST_COPULAS,
    PHONE_WORDS,
    PLACE_PREPOSITIONS,
    PLACE_VERBS,
    QUANTITY_WORDS,
    STREET_WORDS,
    UNITS,
    YEAR_LEADS,
    is_order_noun,
)
from triage.nlu.value_patterns import DATE, PHONE, YEAR

OTHER_THINGS: Final = (OTHER_NUMBERS, MONEY_WORDS, PHONE_WORDS, ADDRESS_WORDS)
LEADS: Final = (NUMBER_WORDS, COPULAS, PAST_COPULAS, LEAD_WORDS)
NUMBER_ENDINGS: Final = ("nummer", "number", "numero", "szam", "nr")
"""How a compound ends that is the number of whatever stands before."""
STREET_ENDINGS: Final = ("strasse", "str", "weg", "gasse", "platz", "allee", "straat", "laan")
MIN_COMPOUND_CHARS: Final = 7
MAX_STREET_WORDS: Final = 3
FIRST_YEAR, LAST_YEAR = 1950, 2049
"""A number of these is taken for a year where only "order" stands before it."""
DATE_SPAN: Final = re.compile(DATE, re.IGNORECASE)
PHONE_SPAN: Final = re.compile(PHONE)
MAX_DAY, MAX_MONTH = 31, 12
MIN_OTHER_DIGITS: Final = 3
SETTING_OFF: Final = frozenset(':=(["“')
PRICE_ENDS: Final = (",-", ".-", ":-", ",–", ".–", ",—")
"""How whole prices end in German, Dutch or Swedish."""
MEASURE_SIGNS: Final = ("%", "‰", "°", "″", "′", "²", "³")
ENGLISH_ORDERS: Final = frozenset({"order", "orders", "purchase", "purchases"})


class Against(IntEnum):
    """How plainly a number is something else."""

    NOTHING = 0
    DOUBT = 1
    CLEAR = 2


def read_against(number: Stretch, noun: Token | None, *, alone: bool, called: bool) -> Against:
    """What speaks against an order's number: ``noun`` is the word for an order by it, ``alone``
    tells that its line or its list says nothing else, ``called`` that something calls it one."""
    if is_money(number) or is_measure(number, called=called) or is_of_other_thing(number):
        return Against.CLEAR
    if is_part_of_date(number) or is_part_of_phone(number) or is_at_street(number):
        return Against.CLEAR
    if not alone and is_year(number, called=called):
        return Against.DOUBT
    if is_whole_date(number) and not (alone or called):
        return Against.DOUBT
    if is_quantity(number, noun, called=called) or (not called and _is_before_town(number)):
        return Against.DOUBT
    return Against.NOTHING


def is_money(number: Stretch) -> bool:
    """Whether a currency stands by it."""
    return (
        _has_sign_before(number)
        or _has_sign_after(number)
        or _is_currency(number.get_token(-1), number.gap_before)
        or _is_currency(number.get_token(1), number.gap_after)
    )


def _has_sign_before(number: Stretch) -> bool:
    sign = number.gap_before.rstrip(BLANKS)[-1:]
    if not _is_currency_sign(sign):
        return False
    previous = number.get_token(-1)
    of_previous = previous and previous.digits and number.gap_before[:1] not in BLANKS
    return not (of_previous and number.gap_before[-1] in BLANKS)


def _has_sign_after(number: Stretch) -> bool:
    """ "1002 £49" is no £1002."""
    sign = number.gap_after.lstrip(BLANKS)[:1]
    following = number.get_token(1)
    of_next = following and following.digits and number.gap_after[-1:] == sign
    near = not (of_next and number.gap_after[:1] in BLANKS)
    return number.gap_after.startswith(PRICE_ENDS) or (_is_currency_sign(sign) and near)


def _is_currency_sign(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign) == "Sc"


def _is_currency(token: Token | None, gap: str) -> bool:
    near = gap.strip(f"{BLANKS}.'") == "" and len(gap) <= 2
    return (
        token is not None
        and near
        and (token.raw in CURRENCY_CODES or CURRENCY_WORDS.has_token(token))
    )


def is_measure(number: Stretch, *, called: bool) -> bool:
    """Whether a unit follows, or it is one side of "120 x 300". Where it is ``called`` an
    order's, a letter is no unit: "order 1002 A colleague of yours said …"."""
    if number.gap_after.lstrip(BLANKS).startswith(MEASURE_SIGNS):
        return True
    following = number.get_token(1)
    if following and not number.gap_after.strip(BLANKS) and not _is_elided(number):
        letter = len(following.word) == 1 and called
        unit = following.raw in CAPITAL_UNITS or UNITS.has_token(following)
        return (unit and not letter) or _is_times(number, -1)
    return _is_times(number, -1) or _is_times(number, 1)


def _is_elided(number: Stretch) -> bool:
    """Whether an apostrophe follows the next token: "l'article" is no litre."""
    gap = number.get_gap(2)
    return gap.startswith(("'", "’"))


def _is_times(number: Stretch, side: int) -> bool:
    near, far = number.get_token(side), number.get_token(2 * side)
    if "×" in number.get_gap(side) and near and near.digits:
        return True
    return bool(near and near.word == "x" and far and far.digits)


def is_of_other_thing(number: Stretch) -> bool:
    """Whether a word before it, or right after, says of what other thing it is the number."""
    led = _is_led_by_other_thing(number) or _is_behind_street(number)
    return led or any(map(_is_other_thing, _iter_tail(number)))


def is_numbered_as_other(number: Stretch) -> bool:
    """Whether it is said to be another thing's number: "serial no. HP-1042", which "the item of
    HP-1042" does not say."""
    words = [token for _, token in iter_back(number)][:2]
    if words and NUMBER_WORDS.has_token(words[0]):
        return len(words) > 1 and _is_other_thing(words[1])
    return bool(words) and words[0].word.endswith(NUMBER_ENDINGS) and _is_other_thing(words[0])


def _is_led_by_other_thing(number: Stretch) -> bool:
    placed = False
    for offset, token in iter_back(number):
        if is_order_noun(token) or _is_set_off(number.get_gap(offset)):
            return False
        if _is_other_thing(token) or (placed and PLACE_VERBS.has_token(token)):
            return True
        placed = placed or PLACE_PREPOSITIONS.has_token(token)
        if not any(words.has_token(token) for words in LEADS):
            return False
    return False


def _is_set_off(gap: str) -> bool:
    """Whether a dash or a bracket stands between: "Refund request - 1002"."""
    return (
        bool(set("()|•;") & set(gap)) or gap.strip(BLANKS) != gap and "-" in gap.replace("–", "-")
    )


def _is_behind_street(number: Stretch) -> bool:
    """Whether the name of a street stands before it: "Calle Mayor 1002", "via Roma 1002"."""
    for offset, token in iter_back(number):
        if is_order_noun(token) or number.get_gap(offset).strip(f"{BLANKS}."):
            return False
        if ADDRESS_WORDS.has_token(token):
            return True
        if token.digits or not token.raw[:1].isupper():
            return False
    return False


def _iter_tail(number: Stretch) -> Iterator[Token]:
    """The word that a number is said to be: "1002 is my PIN"."""
    if COPULAS.has_token(number.get_token(1)) and "." not in number.gap_after:
        for offset in range(2, 5):
            token = number.get_token(offset)
            if token is None or not GLUE.has_token(token):
                yield from (token,) if token else ()
                return


def _is_other_thing(token: Token) -> bool:
    if any(words.has_token(token) for words in OTHER_THINGS):
        return True
    word = token.word
    compound = len(word) >= MIN_COMPOUND_CHARS and not (
        NUMBER_WORDS.has_token(token) or is_order_noun(token)
    )
    return compound and word.endswith((*NUMBER_ENDINGS, *STREET_ENDINGS))


def is_part_of_date(number: Stretch) -> bool:
    """Whether it is the year of a written day, or stands by the name of a month."""
    span = _find_span(list_date_spans(number.document), number)
    if span and span != (number.start, number.end):
        return True
    before = number.get_token(-1)
    if before and before.digits and len(before.word) <= 2:
        before = number.get_token(-2)
    return MONTH_NAMES.has_token(before) or _is_month_after(number)


def _find_span(spans: Sequence[tuple[int, int]], number: Stretch) -> tuple[int, int] | None:
    """The one of the spans, in their order, that a number begins in."""
    at = bisect_right(spans, (number.start, len(number.text))) - 1
    return spans[at] if at >= 0 and number.start < spans[at][1] else None


def _is_month_after(number: Stretch) -> bool:
    return number.gap_after.strip(BLANKS) == "" and MONTH_NAMES.has_token(number.get_token(1))


def is_whole_date(number: Stretch) -> bool:
    """Whether all of it reads as a day of the calendar: 2026/10/08, not 2026/10/78."""
    words = [part.word for part in number.parts]
    if len(words) != 3 or not all(word.isdigit() and len(word) <= 4 for word in words):
        return False
    year, month, day = map(int, words if len(words[0]) > 2 else words[::-1])
    fits = 0 < min(month, day) <= MAX_MONTH and 0 < max(month, day) <= MAX_DAY
    return fits and (year < 100 or bool(YEAR.fullmatch(str(year))))


def is_part_of_phone(number: Stretch) -> bool:
    """Whether it stands among digits that read as those of a phone, and is not all of them."""
    span = _find_span(list_phone_spans(number.document), number)
    if span is None:
        return False
    digits = sum(map(str.isdigit, number.text[slice(*span)]))
    return digits - sum(map(str.isdigit, number.word)) >= MIN_OTHER_DIGITS


@keep_on_argument
def list_date_spans(document: Document) -> tuple[tuple[int, int], ...]:
    """Where in a document days are written."""
    return tuple(match.span() for match in DATE_SPAN.finditer(document.text))


@keep_on_argument
def list_phone_spans(document: Document) -> tuple[tuple[int, int], ...]:
    """Where in a document digits read as those of a phone."""
    return tuple(match.span() for match in PHONE_SPAN.finditer(document.text))


def is_at_street(number: Stretch) -> bool:
    """Whether a street follows: "2053 Hill Road", "1002 W 5th St"."""
    for offset in range(1, MAX_STREET_WORDS + 1):
        token = number.get_token(offset)
        if token is None or number.get_gap(offset).strip(f"{BLANKS}.") or _is_small(token):
            return False
        if STREET_WORDS.has_token(token):
            return True
    return False


def _is_small(token: Token) -> bool:
    return not token.digits and token.raw[:1].islower()


def is_year(number: Stretch, *, called: bool) -> bool:
    """Whether it reads as a year: after "since", or where only "order" stands before it, and no
    colon or bracket sets it off."""
    if not YEAR.fullmatch(number.word):
        return False
    if YEAR_LEADS.has_token(number.get_token(-1)):
        return number.gap_before.strip(f"{BLANKS}'’") == ""
    bare = called and not SETTING_OFF.intersection(number.gap_before)
    return bare and FIRST_YEAR <= int(number.word) <= LAST_YEAR


def is_quantity(number: Stretch, noun: Token | None, *, called: bool) -> bool:
    """Whether it counts what follows: "1500 mugs", "1002 of them"."""
    following = number.get_token(1)
    if following is None or number.gap_after.strip(BLANKS) or following.digits:
        return False
    if QUANTITY_WORDS.has_token(following):
        beyond = number.get_token(2)
        return not called and not (beyond and beyond.digits)
    english = noun is None or noun.word in ENGLISH_ORDERS
    return english and _is_plural(following)


def _is_plural(token: Token) -> bool:
    plain = token.word.isascii() and len(token.word) > 2 and token.word.endswith("s")
    return plain and not token.word.endswith("ss") and not NO_PLURALS.has_token(token)


def _is_before_town(number: Stretch) -> bool:
    """Whether a name follows as after a postcode: "1002 Lausanne", "1002 AB"."""
    following = number.get_token(1)
    if following is None or number.gap_after.strip(BLANKS) or "\n" in number.gap_after:
        return False
    name = following.raw[:1].isupper() and not following.digits
    return name and not any(words.has_token(following) for words in (NO_PLURALS, COPULAS, GLUE))
