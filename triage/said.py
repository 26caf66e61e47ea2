"""What the customer's own words name: values of a message as slots, like those of rows.

Pure. A value that we know (an order number, an item) becomes the mark of that fact; any
other number, date, amount, address or link becomes a slot of its own, so that a writer
can speak of it and still never types one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from triage.facts import KINDS, MOST, SHOWN
from triage.slots import CLOSE, OPEN, Slot, slot_name

MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
MONEY: Final = r"(?:[£€$₹]|gbp|eur|usd|chf|pounds?|euros?|dollars?)"
AMOUNT: Final = r"\d[\d,.]*\d|\d"
PATTERNS: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("said_link", r"(?:https?://|www\.)\S+"),
        ("said_contact", r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
        ("said_amount", rf"(?:{MONEY}\s?(?:{AMOUNT})|\b(?:{AMOUNT})\s?{MONEY}(?!\w))"),
        ("said_date", r"\b\d{4}-\d\d?-\d\d?\b|\b\d\d?[./]\d\d?[./](?:\d{4}|\d\d)\b"),
        ("said_date", rf"\b\d\d?(?:st|nd|rd|th)?(?: of)? {MONTH}(?:[.,]? \d{{4}})?(?!\w)"),
        ("said_date", rf"\b{MONTH}\.? \d\d?(?:st|nd|rd|th)?(?:,? \d{{4}})?(?!\w)"),
        ("said_order", r"(?<=order )#?[a-z]{0,4}-?\d{3,}\b|#[a-z]{0,4}-?\d{3,}\b"),
        ("said_order", r"\b[a-z]{1,4}-?\d{4,}\b"),
        ("said_contact", r"\+\d[\d ()/-]{6,}\d|\b0\d[\d ()/-]{6,}\d"),
        ("said_number", r"[^\W_]*\d(?:[\w.,:/-]*\w)?"),
    )
)
NAMED: Final = frozenset({"order", "other_order", "tracking", "item", "customer"})
"""Kinds of fact that a message can name word for word."""
SHORTEST: Final = 3
HELD: Final = 0xE000
UNSPELLABLE: Final = re.compile(rf"[{OPEN}{CLOSE}\ue000-\uf8ff]")
"""Brackets of marks, and the private characters that hold a value's place meanwhile."""


def with_marks(text: str, slots: Sequence[Slot], ref: str) -> tuple[str, tuple[Slot, ...]]:
    """The text with a mark for each value in it, and the slots of those that no row has.

    Brackets of the customer's own are removed first: nobody spells a mark by hand.
    """
    text = UNSPELLABLE.sub(" ", text)
    text, marks = _known_values(text, slots)
    found: list[Slot] = []
    for kind, pattern in PATTERNS:
        text = _marked(text, kind, pattern, found, ref)
    for held, mark in marks.items():
        text = text.replace(held, mark)
    return text, tuple(found)


def _known_values(text: str, slots: Sequence[Slot]) -> tuple[str, dict[str, str]]:
    """Values of facts as private characters for now, so that no pattern looks into a mark."""
    marks: dict[str, str] = {}
    for slot in sorted(_naming(slots), key=lambda slot: -len(slot.value)):
        held = chr(HELD + len(marks))
        text, count = re.subn(
            rf"(?<!\w){re.escape(slot.value)}(?!\w)", held, text, flags=re.IGNORECASE
        )
        if count:
            marks[held] = slot.mark
    return text, marks


def _naming(slots: Sequence[Slot]) -> Iterator[Slot]:
    for slot in slots:
        if slot.kind in NAMED - SHOWN and len(slot.value) >= SHORTEST:
            yield slot


def _marked(text: str, kind: str, pattern: re.Pattern[str], found: list[Slot], ref: str) -> str:
    """Marks for what the pattern finds between the marks already there; ``found`` grows."""

    def mark(match: re.Match[str]) -> str:
        value = match.group().strip()
        known = next((s for s in found if s.kind == kind and s.value == value), None)
        if known:
            return known.mark
        count = sum(slot.kind == kind for slot in found) + 1
        if count > MOST[kind]:
            return "#"
        found.append(
            Slot(name=slot_name(kind, count), about=KINDS[kind], value=value, ref=ref, kind=kind)
        )
        return found[-1].mark

    pieces = re.split(rf"({OPEN}[^{CLOSE}]*{CLOSE})", text)
    pieces[::2] = [pattern.sub(mark, piece) for piece in pieces[::2]]
    return "".join(pieces)
