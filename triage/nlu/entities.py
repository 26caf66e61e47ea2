"""What the customer's own words name: values of a message as slots, like those of rows.

Pure. A value that we know (an order number however it is spelled, an item, a date of the
order) becomes the mark of that fact; any other number, date, amount, address or link becomes
a slot of its own, so that a writer can speak of it and still never types one.

A reply may say that a "said_order" is not on the account, so the word is kept narrow: what
may be a quantity, a year or a voucher is only a number. The text is anybody's and of any
length: every pattern is bounded, and only the beginning is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from triage.contract.fact_types import KINDS, MOST, SHOWN
from triage.contract.slots import CLOSE, OPEN, Slot, slot_name

MOST_READ: Final = 20_000
"""How many characters of a text are looked at."""
LONGEST_WORD: Final = 300
GONE: Final = "#"
"""What stands for a value that a writer cannot point at."""
ORDERS: Final = frozenset({"order", "other_order"})
DATES: Final = frozenset({"placed", "promised", "delivered"})
NAMED: Final = ORDERS | {"tracking", "item", "customer"}
"""Kinds of fact that a message can name word for word."""
SHORTEST: Final = 3
FEWEST_DIGITS: Final = 4  # of a number that nothing but "order" before it calls an order's
SURE_DIGITS: Final = 5  # nobody orders as many of a thing
SPACING: Final = r"[\W_]{0,3}"
RUN: Final = re.compile(r"[^\W\d_]+|\d+")
SHAPE: Final = re.compile(r"([^\W\d_]{1,8})[\W_]{0,2}(\d{3,14})")
YEAR: Final = re.compile(r"(?:19|20)\d\d")
UNSPELLABLE: Final = re.compile(rf"[{OPEN}{CLOSE}]")
UNSEEN: Final = re.compile("[\u200b\u2060-\u2064\U000e0000-\U000e007f]")
"""Between the letters of one word these make words of another."""
LONG_WORD: Final = re.compile(rf"(?<!\S)(\S{{{LONGEST_WORD}}})\S{{1,{MOST_READ}}}")

# --- what a value looks like --------------------------------------------------------

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
UNIT: Final = r"(?:gbp|eur|usd|chf|pounds?|euros?|dollars?)"
MONEY: Final = rf"(?:[£€$₹]|{UNIT})"
SUM: Final = r"\d(?:[\d.,]{0,14}\d)?(?:(?:k|mn?|bn)(?!\w)|\s(?:thousand|million|billion)(?!\w))?"
SUMS: Final = rf"{SUM}(?:[-–]{SUM})?"
SPACED_SUM: Final = r"\d{1,3}(?:[ \xa0\u202f'’]\d{3}){1,4}(?:[.,]\d\d)?"
START: Final = r"(?<!\w)(?<!\d[.,/:-])"
END: Final = r"(?!\w|[.,/:-]\d)"
DAY: Final = r"\d\d?(?:st|nd|rd|th|\.)?"
DATE: Final = (
    rf"{START}(?:\d{{4}}-\d\d?-\d\d?|\d\d?-\d\d?-\d{{4}}"
    r"|\d\d?\.\d\d?\.(?:\d{4}|\d\d)|\d\d?/\d\d?/(?:\d{4}|\d\d)"
    rf"|{DAY}(?: of)?\s{MONTH}(?:[.,]?\s{YEAR.pattern})?"
    rf"|{MONTH}\.?\s\d\d?(?:st|nd|rd|th)?(?:,?\s{YEAR.pattern})?){END}"
)
LINK: Final = rf"(?<!\w)(?:https?://|www\.)\S{{1,{LONGEST_WORD}}}"
MAIL: Final = rf"(?<![\w.+-])[\w.+-]{{1,{LONGEST_WORD}}}@(?:[\w-]{{1,63}}\.){{1,8}}\w{{1,24}}"
PHONE: Final = r"(?<!\w)(?:\+\d|0\d)[\d ()/-]{6,30}\d(?!\w)"
AMOUNT: Final = (
    rf"(?:[£€$₹]|(?<!\w){UNIT})\s?{SUMS}(?!\w|[.,–-]\d)"
    rf"|(?<!\w)(?<!\d[.,])(?:{SPACED_SUM}|{SUMS})\s?{MONEY}(?!\w)"
)
NUMBER: Final = r"(?:(?<![^\W_])[^\W_]{0,40})?\d(?:[\w.,:/-]{0,60}\w)?"
GAP: Final = r"[\s.,:=(-]{0,4}"
CALLED: Final = r"(?:numbers?|num|no|nr|id|ref|reference|confirmation)\b"
COPULA: Final = rf"(?:(?:is|was)\b{GAP})?"
NOT_ORDERS: Final = "".join(
    rf"(?<!\b{word}\s)" for word in ("ticket", "case", "invoice", "item", "sku", "model", "colour")
)
ORDER: Final = (
    rf"(?:(?P<numbered>\borders?{GAP}(?:{CALLED}{GAP}){{1,3}}{COPULA}(?:\#\s)?)"
    rf"|\borders?\b{GAP}{COPULA}|{NOT_ORDERS}(?<!\w)(?:\#\s|(?=\#)))"
    r"(?P<said_order>\#?(?:[a-z]{1,6}-?)?\d{3,14}(?:-\d{3,10}){0,3}[a-z]?"
    rf"{END}(?!\s?{MONEY}(?!\w|\s?\d)))"
)
CALLS: Final = re.compile(ORDER, re.IGNORECASE)
ORDERING: Final = re.compile(
    r"(?:\b(?:to|i|we|you|please|can|could|will|would|should|may|might|us|me)|['’](?:d|ll))\s$",
    re.IGNORECASE,
)
SEVERAL: Final = re.compile(r"\s(?!(?:is|was|has|does)\b)[a-z]{1,20}s\b", re.IGNORECASE)


# --- the text with marks ------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """The marks of the values we know: by name, by an order's number, and by day.

    An order of the customer's that no fact is of is known as well, with nothing to point at.
    """

    names: Mapping[str, str]
    numbers: Mapping[str, str]
    days: Mapping[tuple[int, ...], str]


def with_marks(
    text: str, slots: Sequence[Slot], ref: str, orders: Iterable[str]
) -> tuple[str, tuple[Slot, ...]]:
    """The beginning of the text with a mark for each value in it, and the slots of those
    that no row has. ``orders`` are the numbers of all the customer's own orders.

    Brackets of the customer's own are removed first: nobody spells a mark by hand.
    """
    return _marked(shortened(text), tuple(slots), ref, tuple(orders))


def shortened(text: str) -> str:
    """As much of a text as is looked at: of a long text, and of each long word, the beginning.

    A long text ends before the word that the limit falls into, lest half a value be read.
    """
    if len(text) > MOST_READ:
        text = "".join(text[:MOST_READ].rsplit(None, 1)[:1])
    return LONG_WORD.sub(r"\1…", UNSPELLABLE.sub(" ", UNSEEN.sub("", text)))


@lru_cache(maxsize=8)
def _marked(
    text: str, slots: tuple[Slot, ...], ref: str, orders: tuple[str, ...]
) -> tuple[str, tuple[Slot, ...]]:
    """``with_marks`` of a short text, once for the run of a step and the evidence of it."""
    known = _known(slots, orders)
    found: list[Slot] = []

    def mark(match: re.Match[str]) -> str:
        kind, value = _meant(match, known)
        lead = match.group()[: -len(match[match.lastgroup or 0])]
        return lead + (_of_row(kind, value, known) or _of_message(kind, value, found, ref))

    return _pattern(slots, orders).sub(mark, text), tuple(found)


def _of_message(kind: str, value: str, found: list[Slot], ref: str) -> str:
    """The mark of a value that only the message has; ``found`` grows."""
    same = [slot for slot in found if slot.kind == kind]
    for slot in same:
        if slot.value.lstrip("#").casefold() == value.lstrip("#").casefold():
            return slot.mark
    if len(same) == MOST[kind]:
        return GONE
    name = slot_name(kind, len(same) + 1)
    found.append(Slot(name=name, about=KINDS[kind], value=value, ref=ref, kind=kind))
    return found[-1].mark


def _meant(match: re.Match[str], known: _Known) -> tuple[str, str]:
    """The kind and the value of what was found: what only might be an order is a number."""
    group = match.lastgroup or ""
    kind = {"phone": "said_contact", "shape": "said_order"}.get(group, group)
    if group == "said_order" and not _is_order(match, known.numbers):
        kind = "said_number"
    return kind, match[group].strip()


def _of_row(kind: str, value: str, known: _Known) -> str:
    """The mark of the row that has the value; empty where none has it."""
    if kind == "name":
        return known.names.get(plain(value), GONE)
    if kind == "said_date":
        return known.days.get(_day(value), "")
    number = plain(value)
    tells = len(number) >= FEWEST_DIGITS and not YEAR.fullmatch(number)
    if kind == "said_order" or (kind == "said_number" and tells):
        return known.numbers.get(number, "")
    return ""


# --- orders -------------------------------------------------------------------------


def plain(value: str) -> str:
    """The letters and digits of a value alone: "HP 1042" and "hp-1042" are the same number."""
    return re.sub(r"[\W_]", "", value).casefold()


def bare(number: str) -> str:
    """An order's number in plain form and without the letters before it."""
    return re.sub(r"^[^\W\d_]{1,99}", "", plain(number))


def called_orders(text: str) -> frozenset[str]:
    """What the beginning of a text calls an order, as in "order no. 10877", in plain form."""
    found = ((plain(match["said_order"]), match) for match in CALLS.finditer(shortened(text)))
    return frozenset(number for number, match in found if _is_order(match, own={number}))


def _is_order(match: re.Match[str], own: Collection[str]) -> bool:
    """Whether the words around it make it the number of an order, and not a quantity or a year.

    A short one right after "order" is that only where nothing speaks for a quantity, and it is
    one of the customer's ``own`` or has as many digits as such numbers have.
    """
    value = match["said_order"]
    digits = re.sub(r"\D", "", value)
    if match["numbered"] or value.startswith("#") or len(digits) >= SURE_DIGITS:
        return True
    before = match.string[max(0, match.start() - 9) : match.start()]
    if ORDERING.search(before) or SEVERAL.match(match.string, match.end()):
        return False
    return plain(value) in own or (len(digits) == FEWEST_DIGITS and not YEAR.fullmatch(digits))


# --- what is known ------------------------------------------------------------------


def _known(slots: Sequence[Slot], orders: Iterable[str]) -> _Known:
    names: dict[str, str] = {}
    for slot in slots:
        if slot.kind in NAMED - SHOWN:
            names.setdefault(plain(slot.value), slot.mark)
    numbers = _own(slots, orders)
    full = {plain(number): names.get(plain(number), GONE) for number in numbers}
    days: dict[tuple[int, ...], str] = {}
    for slot in slots:
        if slot.kind in DATES and (day := _day(slot.value)):
            days.setdefault(day, slot.mark)
            days.setdefault(day[:2], slot.mark)
    tickets = {plain(slot.value): GONE for slot in slots if slot.kind == "ticket"}
    return _Known({**names, **full}, {**tickets, **_bare_marks(full), **full}, days)


def _own(slots: Iterable[Slot], orders: Iterable[str]) -> tuple[str, ...]:
    """The numbers of all the customer's own orders, each once."""
    return tuple(dict.fromkeys([*orders, *(s.value for s in slots if s.kind in ORDERS)]))


def _bare_marks(full: Mapping[str, str]) -> dict[str, str]:
    """The marks by the numbers without their letters; nothing to point at where two are alike."""
    marks: dict[str, str] = {}
    for number, mark in full.items():
        short = bare(number)
        marks[short] = GONE if short in marks else mark
    return marks


def _day(value: str) -> tuple[int, ...]:
    """A written date as (day, month, year), without a year as (day, month); the day is first
    in 5/11/2026."""
    numbers = [int(digits) for digits in re.findall(r"\d{1,4}", value)]
    word = re.search(MONTH, value, re.IGNORECASE)
    if word:
        numbers.insert(1, MONTHS.index(word.group()[:3].casefold()) + 1)
    elif len(numbers) == 3 and numbers[0] > 31:
        numbers.reverse()
    if len(numbers) == 3 and numbers[2] < 100:
        numbers[2] += 2000
    return tuple(numbers)


def _pattern(slots: Sequence[Slot], orders: Iterable[str]) -> re.Pattern[str]:
    """One pattern for every value, the most telling first: nothing is looked at twice."""
    own = _own(slots, orders)
    groups = {
        "said_link": LINK,
        "said_contact": MAIL,
        "name": _any_of(_spellings(slots, own), r"(?!\w)"),
        "said_amount": AMOUNT,
        "said_date": DATE,
        "shape": _any_of(_shapes(own), END),
        "phone": PHONE,
    }
    parts = [f"(?P<{name}>{pattern})" for name, pattern in groups.items() if pattern]
    return re.compile("|".join((*parts, ORDER, f"(?P<said_number>{NUMBER})")), re.IGNORECASE)


def _any_of(patterns: Iterable[str], end: str) -> str:
    """The longest first, so that "Storm lamp, large" is not read as "Storm lamp"."""
    found = sorted(set(patterns), key=lambda pattern: (-len(pattern), pattern))
    return rf"(?<!\w)(?:{'|'.join(found)}){end}" if found else ""


def _spellings(slots: Sequence[Slot], own: Iterable[str]) -> Iterator[str]:
    """How what we know is spelled, with any spacing; digits alone need a word before them."""
    values = [slot.value for slot in slots if slot.kind in NAMED - SHOWN - ORDERS]
    values += [number for number in own if not plain(number).isdigit()]
    for value in values:
        if len(plain(value)) >= SHORTEST:
            yield SPACING.join(RUN.findall(value))


def _shapes(own: Iterable[str]) -> Iterator[str]:
    """What the shop's numbers look like: the same letters, and about as many digits."""
    for number in own:
        if shape := SHAPE.fullmatch(number):
            letters, count = shape[1], len(shape[2])
            spaced = rf"(?-i:{letters})\s|" if len(letters) > 1 else ""
            yield rf"(?:{spaced}{letters}-?)\d{{{max(SHORTEST, count - 1)},{count + 1}}}"
