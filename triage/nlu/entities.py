"""Finds the values named in a message (entities) and masks them as slots, like those of rows.

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
from typing import Final

from triage.contract.fact_types import FACT_KINDS, MAX_SLOTS_BY_KIND, VISIBLE_KINDS
from triage.contract.slots import Slot, get_slot_name
from triage.nlu.document import MAX_WORD_CHARS, Document, truncate_text
from triage.nlu.lexicon import LEXICONS, load_groups, load_lexicon

UNRESOLVED_MARK: Final = "#"
"""What stands for a value that a writer cannot point at."""
ORDER_KINDS: Final = frozenset({"order", "other_order"})
DATE_KINDS: Final = frozenset({"placed", "promised", "delivered"})
NAMEABLE_KINDS: Final = ORDER_KINDS | {"tracking", "item", "customer"}
"""Kinds of fact that a message can name word for word."""
MIN_VALUE_CHARS: Final = 3
MIN_ORDER_DIGITS: Final = 4  # of a number that nothing but "order" before it calls an order's
CERTAIN_ORDER_DIGITS: Final = 5  # nobody orders as many of a thing
SPACING: Final = r"[\W_]{0,3}"
LETTERS_OR_DIGITS: Final = re.compile(r"[^\W\d_]+|\d+")
ORDER_NUMBER_SHAPE: Final = re.compile(r"([^\W\d_]{1,8})[\W_]{0,2}(\d{3,14})")
YEAR: Final = re.compile(r"(?:19|20)\d\d")

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SAID: Final = load_groups(LEXICONS / "orders.toml", plain_spaces=True)
MONTH: Final = SAID["month"]
UNIT: Final = r"(?:gbp|eur|usd|chf|pounds?|euros?|dollars?)"
MONEY: Final = rf"(?:[£€$₹]|{UNIT})"
SUM: Final = r"\d(?:[\d.,]{0,14}\d)?(?:(?:k|mn?|bn)(?!\w)|\s(?:thousand|million|billion)(?!\w))?"
SUMS: Final = rf"{SUM}(?:[-–]{SUM})?"
SPACED_SUM: Final = r"\d{1,3}(?:[ \xa0\u202f'’]\d{3}){1,4}(?:[.,]\d\d)?"
VALUE_START: Final = r"(?<!\w)(?<!\d[.,/:-])"
VALUE_END: Final = r"(?!\w|[.,/:-]\d)"
DAY: Final = r"\d\d?(?:st|nd|rd|th|\.)?"
DATE: Final = (
    rf"{VALUE_START}(?:\d{{4}}-\d\d?-\d\d?|\d\d?-\d\d?-\d{{4}}"
    r"|\d\d?\.\d\d?\.(?:\d{4}|\d\d)|\d\d?/\d\d?/(?:\d{4}|\d\d)"
    rf"|{DAY}(?: of)?\s{MONTH}(?:[.,]?\s{YEAR.pattern})?"
    rf"|{MONTH}\.?\s\d\d?(?:st|nd|rd|th)?(?:,?\s{YEAR.pattern})?){VALUE_END}"
)
LINK: Final = rf"(?<!\w)(?:https?://|www\.)\S{{1,{MAX_WORD_CHARS}}}"
MAIL: Final = rf"(?<![\w.+-])[\w.+-]{{1,{MAX_WORD_CHARS}}}@(?:[\w-]{{1,63}}\.){{1,8}}\w{{1,24}}"
PHONE: Final = r"(?<!\w)(?:\+\d|0\d)[\d ()/-]{6,30}\d(?!\w)"
AMOUNT: Final = (
    rf"(?:[£€$₹]|(?<!\w){UNIT})\s?{SUMS}(?!\w|[.,–-]\d)"
    rf"|(?<!\w)(?<!\d[.,])(?:{SPACED_SUM}|{SUMS})\s?{MONEY}(?!\w)"
)
NUMBER: Final = r"(?:(?<![^\W_])[^\W_]{0,40})?\d(?:[\w.,:/-]{0,60}\w)?"
GAP: Final = r"[\s.,:=(-]{0,4}"
NUMBER_WORD: Final = rf"{SAID['number_word']}\b"
COPULA: Final = rf"(?:(?:is|was)\b{GAP})?"
NOT_ORDERS: Final = "".join(
    rf"(?<!\b{word}\s)" for word in load_lexicon(LEXICONS / "orders.toml")["not_order"]
)
ORDER_NUMBER: Final = (
    rf"(?:(?P<numbered>\borders?{GAP}(?:{NUMBER_WORD}{GAP}){{1,3}}{COPULA}(?:\#\s)?)"
    rf"|\borders?\b{GAP}{COPULA}|{NOT_ORDERS}(?<!\w)(?:\#\s|(?=\#)))"
    r"(?P<said_order>\#?(?:[a-z]{1,6}-?)?\d{3,14}(?:-\d{3,10}){0,3}[a-z]?"
    rf"{VALUE_END}(?!\s?{MONEY}(?!\w|\s?\d)))"
)
ORDER_MENTION: Final = re.compile(ORDER_NUMBER, re.IGNORECASE)
ORDER_AS_VERB: Final = re.compile(
    rf"(?:\b{SAID['order_as_verb']}|['’](?:d|ll))\s$",
    re.IGNORECASE,
)
QUANTITY_NOUN: Final = re.compile(r"\s(?!(?:is|was|has|does)\b)[a-z]{1,20}s\b", re.IGNORECASE)


@dataclass(frozen=True)
class _KnownValues:
    """The marks of the values we know: by name, by an order's number, and by day.

    An order of the customer's that no fact is of is known as well, with nothing to point at.
    """

    names: Mapping[str, str]
    numbers: Mapping[str, str]
    days: Mapping[tuple[int, ...], str]


def mask_entities(
    text: str, slots: Sequence[Slot], ref: str, orders: Iterable[str]
) -> tuple[str, tuple[Slot, ...]]:
    """The beginning of the text with a mark for each value in it, and the slots of the values
    that no row has. ``orders`` are the numbers of all the customer's own orders.

    Brackets of the customer's own are removed first: nobody spells a mark by hand.
    """
    orders = tuple(orders)
    known = _index_known_values(slots, orders)
    found: list[Slot] = []

    def mask_match(match: re.Match[str]) -> str:
        kind, value = _classify_match(match, known)
        lead = match.group()[: -len(match[match.lastgroup or 0])]
        return lead + (
            _find_row_mark(kind, value, known) or _add_message_slot(kind, value, found, ref)
        )

    return _build_pattern(slots, orders).sub(mask_match, truncate_text(text)), tuple(found)


def _add_message_slot(kind: str, value: str, found: list[Slot], ref: str) -> str:
    """The mark of a value that only the message has; its slot is added to ``found``."""
    same = [slot for slot in found if slot.kind == kind]
    for slot in same:
        if slot.value.lstrip("#").casefold() == value.lstrip("#").casefold():
            return slot.mark
    if len(same) == MAX_SLOTS_BY_KIND[kind]:
        return UNRESOLVED_MARK
    name = get_slot_name(kind, len(same) + 1)
    found.append(Slot(name=name, about=FACT_KINDS[kind], value=value, ref=ref, kind=kind))
    return found[-1].mark


def _classify_match(match: re.Match[str], known: _KnownValues) -> tuple[str, str]:
    """The kind and the value of what was found: what only might be an order is a number."""
    group = match.lastgroup or ""
    kind = {"phone": "said_contact", "shape": "said_order"}.get(group, group)
    if group == "said_order" and not _is_order_number(match, known.numbers):
        kind = "said_number"
    return kind, match[group].strip()


def _find_row_mark(kind: str, value: str, known: _KnownValues) -> str:
    """The mark of the row that has the value; empty where none has it."""
    if kind == "name":
        return known.names.get(normalize_value(value), UNRESOLVED_MARK)
    if kind == "said_date":
        return known.days.get(_parse_day(value), "")
    number = normalize_value(value)
    tells = len(number) >= MIN_ORDER_DIGITS and not YEAR.fullmatch(number)
    if kind == "said_order" or (kind == "said_number" and tells):
        return known.numbers.get(number, "")
    return ""


def normalize_value(value: str) -> str:
    """The letters and digits of a value alone, in lower case: "HP 1042" and "hp-1042" are the
    same number.
    """
    return re.sub(r"[\W_]", "", value).casefold()


def strip_order_prefix(number: str) -> str:
    """An order's number, normalized and without the letters before it."""
    return re.sub(r"^[^\W\d_]{1,99}", "", normalize_value(number))


def find_order_numbers(document: Document) -> frozenset[str]:
    """The numbers that a text calls an order's, as in "order no. 10877", normalized."""
    found = (
        (normalize_value(match["said_order"]), match)
        for match in ORDER_MENTION.finditer(document.text)
    )
    return frozenset(number for number, match in found if _is_order_number(match, own={number}))


def _is_order_number(match: re.Match[str], own: Collection[str]) -> bool:
    """Whether the words around it make it the number of an order, and not a quantity or a year.

    A short one right after "order" is that only where nothing speaks for a quantity, and it is
    one of the customer's ``own`` or has as many digits as such numbers have.
    """
    value = match["said_order"]
    digits = re.sub(r"\D", "", value)
    if match["numbered"] or value.startswith("#") or len(digits) >= CERTAIN_ORDER_DIGITS:
        return True
    before = match.string[max(0, match.start() - 9) : match.start()]
    if ORDER_AS_VERB.search(before) or QUANTITY_NOUN.match(match.string, match.end()):
        return False
    return normalize_value(value) in own or (
        len(digits) == MIN_ORDER_DIGITS and not YEAR.fullmatch(digits)
    )


def _index_known_values(slots: Sequence[Slot], orders: Iterable[str]) -> _KnownValues:
    names: dict[str, str] = {}
    for slot in slots:
        if slot.kind in NAMEABLE_KINDS - VISIBLE_KINDS:
            names.setdefault(normalize_value(slot.value), slot.mark)
    numbers = _list_own_orders(slots, orders)
    full = {
        normalize_value(number): names.get(normalize_value(number), UNRESOLVED_MARK)
        for number in numbers
    }
    days: dict[tuple[int, ...], str] = {}
    for slot in slots:
        if slot.kind in DATE_KINDS and (day := _parse_day(slot.value)):
            days.setdefault(day, slot.mark)
            days.setdefault(day[:2], slot.mark)
    tickets = {
        normalize_value(slot.value): UNRESOLVED_MARK for slot in slots if slot.kind == "ticket"
    }
    return _KnownValues(
        {**names, **full}, {**tickets, **_index_unprefixed_numbers(full), **full}, days
    )


def _list_own_orders(slots: Iterable[Slot], orders: Iterable[str]) -> tuple[str, ...]:
    """The numbers of all the customer's own orders, each once."""
    return tuple(dict.fromkeys([*orders, *(s.value for s in slots if s.kind in ORDER_KINDS)]))


def _index_unprefixed_numbers(full: Mapping[str, str]) -> dict[str, str]:
    """The marks by the numbers without their letters; nothing to point at where two are alike."""
    marks: dict[str, str] = {}
    for number, mark in full.items():
        short = strip_order_prefix(number)
        marks[short] = UNRESOLVED_MARK if short in marks else mark
    return marks


def _parse_day(value: str) -> tuple[int, ...]:
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


def _build_pattern(slots: Sequence[Slot], orders: Iterable[str]) -> re.Pattern[str]:
    """One pattern for every value, the most telling first: nothing is looked at twice."""
    own = _list_own_orders(slots, orders)
    groups = {
        "said_link": LINK,
        "said_contact": MAIL,
        "name": _join_alternatives(_iter_spellings(slots, own), r"(?!\w)"),
        "said_amount": AMOUNT,
        "said_date": DATE,
        "shape": _join_alternatives(_iter_number_shapes(own), VALUE_END),
        "phone": PHONE,
    }
    parts = [f"(?P<{name}>{pattern})" for name, pattern in groups.items() if pattern]
    return re.compile("|".join((*parts, ORDER_NUMBER, f"(?P<said_number>{NUMBER})")), re.IGNORECASE)


def _join_alternatives(patterns: Iterable[str], end: str) -> str:
    """One pattern for all, the longest first, so that "Storm lamp, large" is not read as
    "Storm lamp"; empty for none.
    """
    found = sorted(set(patterns), key=lambda pattern: (-len(pattern), pattern))
    return rf"(?<!\w)(?:{'|'.join(found)}){end}" if found else ""


def _iter_spellings(slots: Sequence[Slot], own: Iterable[str]) -> Iterator[str]:
    """How what we know is spelled, with any spacing; digits alone need a word before them."""
    values = [
        slot.value for slot in slots if slot.kind in NAMEABLE_KINDS - VISIBLE_KINDS - ORDER_KINDS
    ]
    values += [number for number in own if not normalize_value(number).isdigit()]
    for value in values:
        if len(normalize_value(value)) >= MIN_VALUE_CHARS:
            yield SPACING.join(LETTERS_OR_DIGITS.findall(value))


def _iter_number_shapes(own: Iterable[str]) -> Iterator[str]:
    """Patterns of the shop's order numbers: the same letters, and about as many digits."""
    for number in own:
        if shape := ORDER_NUMBER_SHAPE.fullmatch(number):
            letters, count = shape[1], len(shape[2])
            spaced = rf"(?-i:{letters})\s|" if len(letters) > 1 else ""
            yield rf"(?:{spaced}{letters}-?)\d{{{max(MIN_VALUE_CHARS, count - 1)},{count + 1}}}"
