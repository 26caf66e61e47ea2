"""Invented cases: what a shop happens to know about a ticket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Final

from triage.contract.fact_types import CLAUSE, FACT_KINDS, MAX_SLOTS_BY_KIND
from triage.contract.order_status import OPEN_STATUSES, STATUSES
from triage.contract.slots import Slot, get_slot_name
from triage.generation.phrases import load_phrases

UNQUOTED_OUTCOMES: Final = ("ask order", "human")
"""Outcomes where it is too early to quote a clause."""


@dataclass(frozen=True)
class Situation:
    """What is true of a case before anything is written; ``named`` is whether the label is."""

    intent: str
    also: str
    outcome: str
    urgency: str
    status: str
    circumstances: tuple[str, ...]
    named: bool

    @property
    def family(self) -> str:
        """Which facts a reply states: delivery, item, order, money or none."""
        return str(load_phrases("intents")[self.intent]["facts"])


def invent_facts(rng: Random, case: Situation) -> list[Slot]:
    """The facts of the case as slots, and what the customer's message names."""
    kinds = _choose_account_kinds(rng)
    likely = 0.5 if case.family == "none" else 0.9
    if case.outcome != "ask order" and rng.random() < likely:
        kinds += _choose_order_kinds(rng, case.status)
        others = [0, 0, 0, 0, 1, 2]
    else:
        others = [0, 0, 1, 2, 2, 3, 3]
    kinds += ["other_order"] * rng.choice(others)
    if case.outcome in ("review refund", "review store credit") and rng.random() < 0.75:
        kinds.append("amount")
    return build_slots([*kinds, *_choose_mentioned_kinds(rng, "order" in kinds)], case.status)


def build_slots(kinds: list[str], status: str = "…") -> list[Slot]:
    """A slot for each kind, named and counted as the product does."""
    seen = Counter[str]()
    made = []
    for kind in kinds:
        seen[kind] += 1
        if seen[kind] <= MAX_SLOTS_BY_KIND.get(kind, 1):
            value = status if kind == "status" else "…"
            name = get_slot_name(kind, seen[kind])
            made.append(Slot(name=name, about=FACT_KINDS[kind], value=value, ref=name, kind=kind))
    return made


def invent_clauses(rng: Random, case: Situation) -> list[Slot]:
    """The clauses that were found to be the ones to quote: mostly as many as the draft
    step plans, now and then any number."""
    count = 1 + bool(case.also) if rng.random() < 0.85 else 0
    if case.outcome in UNQUOTED_OUTCOMES:
        count = 0
    if rng.random() < 0.08:
        count = rng.randint(0, MAX_SLOTS_BY_KIND[CLAUSE])
    if case.outcome == "refuse":
        count = max(1, count)
    names = [get_slot_name(CLAUSE, number) for number in range(1, count + 1)]
    return [Slot(name=name, about="…", value="…", ref=name, kind=CLAUSE) for name in names]


def _choose_account_kinds(rng: Random) -> list[str]:
    odds = {"shop": 0.9, "ticket": 0.85, "customer": 0.85}
    if rng.random() < 0.75:
        odds |= {"since": 0.85, "orders": 0.9, "spent": 0.85}
        odds |= {"refunds": 0.6, "refunded": 0.5}
    return [kind for kind, chance in odds.items() if rng.random() < chance]


def _choose_order_kinds(rng: Random, status: str) -> list[str]:
    moving = status in OPEN_STATUSES
    odds = {
        "order": 0.97,
        "placed": 0.85,
        "status": 0.92,
        "promised": 0.5 if moving else 0.3,
        "delivered": 0.9 if status in STATUSES["done"] + STATUSES["back"] else 0,
        "tracking": 0.2 if status in STATUSES["waiting"] else 0.5,
        "total": 0.4,
        "paid": 0.8,
    }
    kinds = [kind for kind, chance in odds.items() if rng.random() < chance]
    return kinds + ["item"] * rng.choice([0, 1, 1, 1, 1, 1, 2, 2, 3, 4])


def _choose_mentioned_kinds(rng: Random, order_known: bool) -> list[str]:
    """An unknown order number is mostly named where no order is known."""
    odds = {
        "said_order": 0.04 if order_known else 0.4,
        "said_amount": 0.15,
        "said_date": 0.15,
        "said_number": 0.1,
        "said_contact": 0.05,
        "said_link": 0.04,
    }
    kinds = [kind for kind, chance in odds.items() if rng.random() < chance]
    return kinds + [kind for kind in kinds if rng.random() < 0.15]
