"""Finds the values named in a message (entities) and masks them as slots, like those of rows.

Pure. A value that we know (an order number however it is spelled, an item, a date of the
order) becomes the mark of that fact; any other number, date, amount, address or link becomes
a slot of its own, so that a writer can speak of it and still never types one.

A reply may say that a "said_order" is not on the account, so it is only what ``order_mentions``
calls strange: what may be a quantity, a year or a voucher is a number. The text is anybody's and
of any length: every pattern is bounded, and only the beginning is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from triage.contract.fact_types import FACT_KINDS, MAX_SLOTS_BY_KIND
from triage.contract.slots import Slot, get_slot_name
from triage.nlu.document import Document
from triage.nlu.order_mentions import OrderMention, Verdict, find_order_mentions
from triage.nlu.value_patterns import (
    AMOUNT,
    DATE,
    LETTERS_OR_DIGITS,
    LINK,
    MAIL,
    MONTH,
    MONTHS,
    PHONE,
)

UNRESOLVED_MARK: Final = "#"
"""What stands for a value that a writer cannot point at."""
ORDER_KINDS: Final = frozenset({"order", "other_order"})
DATE_KINDS: Final = frozenset({"placed", "promised", "delivered"})
NAMEABLE_KINDS: Final = frozenset({"tracking", "item", "customer"})
"""Kinds of fact that a message can name word for word, beside the numbers of orders."""
MIN_VALUE_CHARS: Final = 3
SPACING: Final = r"[\W_]{0,3}"
NUMBER: Final = r"(?:(?<![^\W_])[^\W_]{0,40})?\d(?:[\w.,:/-]{0,60}\w)?"
WHOLE_VALUE: Final = re.compile(f"{LINK}|{MAIL}")
"""What is one value, whatever number is in it."""
VALUES: Final = re.compile(
    rf"(?P<said_link>{LINK})|(?P<said_contact>{MAIL})|(?P<said_amount>{AMOUNT})"
    rf"|(?P<said_date>{DATE})|(?P<phone>{PHONE})|(?P<said_number>{NUMBER})",
    re.IGNORECASE,
)
"""Every value but names, the most telling first: nothing is looked at twice."""


@dataclass(frozen=True)
class _KnownValues:
    """The marks of the values we know: by name, by an order's number, and by day.

    An order of the customer's that no fact is of is known as well, with nothing to point at.
    """

    names: Mapping[str, str]
    orders: Mapping[str, str]
    days: Mapping[tuple[int, ...], str]
    tickets: frozenset[str]


def mask_entities(
    text: str, slots: Sequence[Slot], ref: str, orders: Iterable[str]
) -> tuple[str, tuple[Slot, ...]]:
    """The beginning of the text with a mark for each value in it, and the slots of the values
    that no row has. ``orders`` are the numbers of all the customer's own orders.

    Brackets of the customer's own are removed first: nobody spells a mark by hand.
    """
    known = _index_known_values(slots, tuple(orders))
    document, found = Document.read(text), list[Slot]()
    pieces, at = [], 0
    for start, end, kind, value in _iter_values(document, slots, known):
        mark = value if kind == "mark" else _find_row_mark(kind, value, known)
        pieces += [document.text[at:start], mark or _add_message_slot(kind, value, found, ref)]
        at = end
    return "".join((*pieces, document.text[at:])), tuple(found)


def _iter_values(
    document: Document, slots: Sequence[Slot], known: _KnownValues
) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, kind, value) of each value; of an order of theirs its mark, as "mark"."""
    names, at = _compile_names(tuple(sorted(set(_iter_spellings(slots))))), 0
    for mention in (*_list_mentions(document, known), None):
        end = mention.start if mention else len(document.text)
        for match in _iter_matches(names, document.text, at, end):
            kind = match.lastgroup or ""
            yield match.start(), match.end(), KINDS.get(kind, kind), match.group().strip()
        if mention:
            at = mention.end
            yield mention.start, mention.end, *_classify_mention(mention, known)


def _iter_matches(
    names: re.Pattern[str] | None, text: str, at: int, end: int
) -> Iterator[re.Match[str]]:
    """The values from ``at`` to ``end``, none within another: where two begin at one place, a link
    or an address comes before a name, and a name before any other.
    """
    found: list[re.Match[str] | None] = [VALUES.search(text, at, end)]
    found.append(names.search(text, at, end) if names else None)
    while first := min(filter(None, found), key=_get_precedence, default=None):
        yield first
        for place, pattern in enumerate((VALUES, names)):
            match = found[place]
            if pattern and match and match.start() < first.end():
                found[place] = pattern.search(text, first.end(), end)


def _get_precedence(match: re.Match[str]) -> tuple[int, int]:
    kind = match.lastgroup
    return match.start(), 0 if kind in WHOLE_KINDS else 1 if kind == "name" else 2


KINDS: Final = {"phone": "said_contact"}
"""What is called otherwise than the pattern that finds it."""
WHOLE_KINDS: Final = frozenset({"said_link", "said_contact"})


def _list_mentions(document: Document, known: _KnownValues) -> list[OrderMention]:
    """The orders that are named, but for those within a link or an address."""
    within = [match.span() for match in WHOLE_VALUE.finditer(document.text)]
    found = find_order_mentions(document, tuple(known.orders), known.tickets)
    return [
        mention
        for mention in found
        if not any(start < mention.end and mention.start < end for start, end in within)
    ]


def _classify_mention(mention: OrderMention, known: _KnownValues) -> tuple[str, str]:
    if mention.verdict == Verdict.STRANGE:
        return "said_order", mention.written
    sure = mention.verdict == Verdict.NAMED and len(mention.numbers) == 1
    return "mark", known.orders[mention.numbers[0]] if sure else UNRESOLVED_MARK


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


def _find_row_mark(kind: str, value: str, known: _KnownValues) -> str:
    """The mark of the row that has the value; empty where none has it."""
    if kind == "name":
        return known.names.get(normalize_value(value), UNRESOLVED_MARK)
    if kind == "said_date":
        return known.days.get(_parse_day(value), "")
    ticket = kind == "said_number" and normalize_value(value) in known.tickets
    return UNRESOLVED_MARK if ticket else ""


def normalize_value(value: str) -> str:
    """The letters and digits of a value alone, in lower case: "HP 1042" and "hp-1042" are the
    same number.
    """
    return re.sub(r"[\W_]", "", value).casefold()


def strip_order_prefix(number: str) -> str:
    """An order's number, normalized and without the letters before it."""
    return re.sub(r"^[^\W\d_]{1,99}", "", normalize_value(number))


def _index_known_values(slots: Sequence[Slot], orders: Collection[str]) -> _KnownValues:
    names: dict[str, str] = {}
    for slot in slots:
        if slot.kind in NAMEABLE_KINDS:
            names.setdefault(normalize_value(slot.value), slot.mark)
    numbers = dict.fromkeys(orders, UNRESOLVED_MARK)
    for slot in reversed(slots):
        if slot.kind in ORDER_KINDS:
            numbers[slot.value] = slot.mark
    days: dict[tuple[int, ...], str] = {}
    for slot in slots:
        if slot.kind in DATE_KINDS and (day := _parse_day(slot.value)):
            days.setdefault(day, slot.mark)
            days.setdefault(day[:2], slot.mark)
    tickets = frozenset(normalize_value(slot.value) for slot in slots if slot.kind == "ticket")
    return _KnownValues(names, numbers, days, tickets)


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


def _compile_names(spellings: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all, the longest first, so that "Storm lamp, large" is not read as
    "Storm lamp"; None for none.
    """
    longest = sorted(spellings, key=len, reverse=True)
    said = rf"(?<!\w)(?P<name>{'|'.join(longest)})(?!\w)"
    return re.compile(said, re.IGNORECASE) if spellings else None


def _iter_spellings(slots: Sequence[Slot]) -> Iterator[str]:
    """How what we know is spelled, with any spacing."""
    for slot in slots:
        if slot.kind in NAMEABLE_KINDS and len(normalize_value(slot.value)) >= MIN_VALUE_CHARS:
            yield SPACING.join(LETTERS_OR_DIGITS.findall(slot.value))
