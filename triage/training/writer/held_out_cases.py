"""Examples as whole cases, so that the writer can be examined through the steps it serves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from triage.contract.case import Case, Clause, Fact, Intent, Order
from triage.contract.fact_types import CLAUSE, DECIDED, KINDS, money
from triage.contract.outcomes import Matter
from triage.contract.outputs import Classification
from triage.contract.slots import SLOT, Slot, WritingTask
from triage.generation.phrases import split
from triage.refunds.proposal import ASK, REVIEW, Proposed
from triage.steps.draft import URGENCY
from triage.steps.retrieve import Hit, Retrieval
from triage.steps.summarize import Summary
from triage.training.writer.corpus.generate import Example
from triage.training.writer.corpus.tables import load_corpus

TODAY: Final = date(2026, 11, 22)
LABEL, SECOND = "label", "second"
NAMES: Final = ("Maya Lund", "J. O'Hara", "Nguyễn Thị Hoa", "Priya Raman", "Tom", "Zoë Ka-Wing")
SHOPS: Final = ("Harbour & Pine", "Nordlicht", "Tools2Go", "The 5th Room")


def case_of(example: Example, seed: int) -> Case:
    """The example with values for its slots, as the draft or summarize step is given it."""
    rng = Random(seed)  # noqa: S311 (a seed, not a secret)
    task = example.task
    values = {slot.name: _value(rng, slot) for slot in task.slots}
    facts = tuple(_fact(slot, values) for slot in task.slots if _is_fact(slot))
    made = Case(
        ticket=1,
        subject="",
        text=SLOT.sub(lambda match: values[match[1]], task.ticket) or _said(task.slots, values),
        received=TODAY,
        customer=values.get("customer", ""),
        orders=(),
        order=_order(values) if "order" in values else None,
        facts=facts,
        intents=(Intent(slug=LABEL, name=task.intent), Intent(slug=SECOND, name=task.also)),
        rules=(),
    )
    label = Classification(
        label=LABEL if task.intent else "",
        name=task.intent,
        matters=_matters(task),
        urgency=next((level for level, word in URGENCY.items() if word == task.urgency), 2),
    )
    clauses = tuple(_hit(rng, place) for place in range(1, len(task.of_kind(CLAUSE)) + 1))
    found = Retrieval(as_of=TODAY, as_of_because="", hits=clauses)
    return made.having(label).having(found).having(Summary()).having(_proposed(example, clauses))


def _matters(task: WritingTask) -> tuple[Matter, ...]:
    if not task.also:
        return ()
    return (
        Matter(label=LABEL, name=task.intent, confidence=0.9, words=""),
        Matter(label=SECOND, name=task.also, confidence=0.8, words=""),
    )


def _is_fact(slot: Slot) -> bool:
    return slot.kind not in DECIDED | {CLAUSE} and not slot.kind.startswith("said_")


def _said(slots: tuple[Slot, ...], values: dict[str, str]) -> str:
    """The values a summary is told that the customer named."""
    return "; ".join(values[slot.name] for slot in slots if slot.kind.startswith("said_"))


def _fact(slot: Slot, values: dict[str, str]) -> Fact:
    about = KINDS[slot.kind]
    return Fact(kind=slot.kind, about=about, value=values[slot.name], ref=f"row:{slot.name}")


def _order(values: dict[str, str]) -> Order:
    return Order(
        number=values["order"],
        status=values.get("status", ""),
        currency="GBP",
        lines=(),
        paid=Decimal(0),
    )


def _proposed(example: Example, hits: tuple[Hit, ...]) -> Proposed:
    outcome, _, detail = example.task.outcome.partition(" ")
    return Proposed(
        outcome=outcome or "none",
        remedy=detail if outcome == REVIEW else "",
        asks_for=detail if outcome == ASK else "",
        amount=Decimal("49.00") if example.task.of_kind("amount") else None,
        currency="GBP",
        clause=hits[0].clause.ref if hits else "",
    )


def _hit(rng: Random, rank: int) -> Hit:
    """A clause of random words: what it says must not matter to a writer that quotes it."""
    words = [rng.choice(load_corpus("tickets")["things"]) for _ in range(rng.randint(4, 40))]
    clause = Clause(
        ref=f"p{rank}.c{rank}",
        policy=f"p{rank}",
        policy_title="Terms",
        version=rank,
        heading=" ".join(words[:3]),
        text=f"{' '.join(words)} {rng.randint(2, 90)} days.".capitalize(),
        since=TODAY,
    )
    return Hit(clause=clause, rank=rank, score=0.5)


# --- values of the kinds ----------------------------------------------------------


def _value(rng: Random, slot: Slot) -> str:
    """A value of the slot's kind; no two slots of a case share one."""
    kind = slot.kind
    if kind == "status":
        return slot.value
    if kind in ("placed", "promised", "delivered", "since", "said_date"):
        return _date(rng, numbered=kind == "said_date")
    if kind in ("total", "paid", "spent", "refunded", "amount", "said_amount"):
        return money(Decimal(rng.randint(100, 99_999)) / 100, rng.choice(["GBP", "EUR", "USD"]))
    if kind in ("order", "other_order", "said_order", "tracking"):
        return f"{rng.choice(['HP-', '#W', 'A'])}{rng.randint(10_000, 9_999_999)}"
    return _word(rng, slot)


def _date(rng: Random, *, numbered: bool) -> str:
    day = TODAY - timedelta(days=rng.randint(1, 900))
    return day.isoformat() if numbered else f"{day.day} {day:%B %Y}"


def _word(rng: Random, slot: Slot) -> str:
    words = load_corpus("tickets")
    if slot.kind == "item":
        adjective = rng.choice(split(words["adjectives"], held_out=True))
        return f"{adjective} {rng.choice(words['things'])} {slot.name[4:] or 1}".capitalize()
    return {
        "customer": rng.choice(NAMES),
        "shop": rng.choice(SHOPS),
        "said_contact": f"{rng.choice('abcdef')}{rng.randint(1, 999)}@mail.example",
        "said_link": f"https://example.org/{rng.randint(1, 999)}",
        "ticket": f"#{rng.randint(1, 99)}",
    }.get(slot.kind, str(rng.randint(2, 99)))
