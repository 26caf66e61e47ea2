"""Slots: the values of a case, as a writer is told of them without seeing them.

Pure. A mark says what it stands for: ``Order ⟦order⟧ was delivered on ⟦delivered⟧.``
The second value of a kind is ``⟦item2⟧``, and clauses are ``⟦clause⟧``, ``⟦clause2⟧``.
So a writer picks a value by its meaning, and a person can read what it wrote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from triage.contract.case import Clause, Fact
from triage.contract.fact_types import CLAUSE, FACT_KINDS, MAX_SLOTS_BY_KIND

T = TypeVar("T")

OPEN: Final = "⟦"
CLOSE: Final = "⟧"
SLOT: Final = re.compile(rf"{OPEN}([a-z_]+[0-9]*){CLOSE}")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """What a writer is told of one value it may point at, and the value itself.

    ``name`` is its kind with a number from the second on, ``ref`` the row it is from.
    """

    name: str
    about: str
    value: str
    ref: str
    kind: str = ""

    @property
    def mark(self) -> str:
        return f"{OPEN}{self.name}{CLOSE}"


@dataclass(frozen=True, kw_only=True)
class WritingTask:
    """What a writer is asked for: ``kind`` is "draft" or "summary".

    ``outcome`` is the decision in two words ("review refund", "refuse", "ask order",
    "none"). ``ticket`` is the customer's text with marks for its values: untrusted,
    possibly empty. ``also`` is a second intent, where the ticket seems to have one.
    ``answered``: all that was asked is answered beside this text, which frames it.
    """

    kind: str
    intent: str
    outcome: str
    urgency: str
    slots: tuple[Slot, ...]
    also: str = ""
    ticket: str = ""
    answered: bool = False

    def find_slot(self, name: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)

    def list_slots(self, kind: str) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.kind == kind)


def get_slot_name(kind: str, number: int = 1) -> str:
    """The name of the ``number``-th value of a kind, counted from 1."""
    return kind if number == 1 else f"{kind}{number}"


def iter_slot_names() -> Iterator[str]:
    """Every name a slot can have: what a writer has to know marks for."""
    for kind in (*FACT_KINDS, CLAUSE):
        yield from (
            get_slot_name(kind, number) for number in range(1, MAX_SLOTS_BY_KIND.get(kind, 1) + 1)
        )


def build_fact_slots(facts: Iterable[Fact]) -> tuple[Slot, ...]:
    """The facts as a writer is offered them, of each kind at most as many as there are marks."""
    return tuple(
        Slot(name=name, about=fact.about, value=fact.value, ref=fact.ref, kind=fact.kind)
        for name, fact in _iter_named_values((fact.kind, fact) for fact in facts)
    )


def build_clause_slots(clauses: Iterable[Clause]) -> tuple[Slot, ...]:
    """The clauses as slots; a writer reads the headings, a reader the text."""
    return tuple(
        Slot(
            name=name,
            about=f"{clause.policy_title}: {clause.heading}",
            value=clause.text,
            ref=f"clause:{clause.ref}@{clause.version}",
            kind=CLAUSE,
        )
        for name, clause in _iter_named_values((CLAUSE, clause) for clause in clauses)
    )


def _iter_named_values(found: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Each value with its slot's name; those beyond the last mark of their kind are dropped."""
    seen = Counter[str]()
    for kind, value in found:
        seen[kind] += 1
        if seen[kind] <= MAX_SLOTS_BY_KIND.get(kind, 1):
            yield get_slot_name(kind, seen[kind]), value
