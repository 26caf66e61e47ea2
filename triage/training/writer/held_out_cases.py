"""Held-out examples as whole cases, so that a writer can be examined through its steps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from triage.contract.answers import DECISION, Answer, AskedKind
from triage.contract.case import Case, Clause, Fact, Intent, Order
from triage.contract.fact_types import CLAUSE, DECISION_KINDS, FACT_KINDS, format_money
from triage.contract.outcomes import Matter
from triage.contract.outputs import Classification
from triage.contract.slots import SLOT, Slot, WritingTask
from triage.generation.phrases import select_phrases
from triage.refunds.proposal import ASK, REVIEW, Proposed
from triage.steps.answer import Answers
from triage.steps.draft import URGENCY_NAMES
from triage.steps.retrieve import Hit, Retrieval
from triage.steps.summarize import Summary
from triage.training.writer.corpus.generate import Example
from triage.training.writer.corpus.tables import load_corpus

TODAY: Final = date(2026, 11, 22)
LABEL, SECOND = "label", "second"
CUSTOMER_NAMES: Final = (
    "Maya Lund",
    "J. O'Hara",
    "Nguyễn Thị Hoa",
    "Priya Raman",
    "Tom",
    "Zoë Ka-Wing",
)
SHOP_NAMES: Final = ("Harbour & Pine", "Nordlicht", "Tools2Go", "The 5th Room")


def build_held_out_case(example: Example, seed: int) -> Case:
    """The example with values for its slots, as the draft or summarize step gets it.

    ``seed`` fixes the invented values.
    """
    rng = Random(seed)  # noqa: S311 (a seed, not a secret)
    task = example.task
    values = {slot.name: _invent_value(rng, slot) for slot in task.slots}
    facts = tuple(_build_fact(slot, values) for slot in task.slots if _is_fact(slot))
    made = Case(
        ticket=1,
        subject="",
        text=SLOT.sub(lambda match: values[match[1]], task.ticket)
        or _join_mentioned_values(task.slots, values),
        received=TODAY,
        customer=values.get("customer", ""),
        orders=(),
        order=_build_order(values) if "order" in values else None,
        facts=facts,
        intents=(Intent(slug=LABEL, name=task.intent), Intent(slug=SECOND, name=task.also)),
        rules=(),
    )
    label = Classification(
        label=LABEL if task.intent else "",
        name=task.intent,
        matters=_build_matters(task),
        urgency=next((level for level, word in URGENCY_NAMES.items() if word == task.urgency), 2),
    )
    clauses = tuple(_invent_hit(rng, place) for place in range(1, len(task.list_slots(CLAUSE)) + 1))
    found = Retrieval(as_of=TODAY, as_of_because="", hits=clauses)
    return (
        made.add_output(label)
        .add_output(found)
        .add_output(Summary())
        .add_output(_build_proposal(example, clauses))
        .add_output(_answer_by_decision(made))
    )


def _answer_by_decision(made: Case) -> Answers:
    """All that was asked is answered by what the writer is told to say."""
    answer = Answer(words=made.text, kind=AskedKind.MATTER, source=DECISION, ref="decision")
    return Answers(items=(answer,))


def _build_matters(task: WritingTask) -> tuple[Matter, ...]:
    if not task.also:
        return ()
    return (
        Matter(label=LABEL, name=task.intent, confidence=0.9, words=""),
        Matter(label=SECOND, name=task.also, confidence=0.8, words=""),
    )


def _is_fact(slot: Slot) -> bool:
    return slot.kind not in DECISION_KINDS | {CLAUSE} and not slot.kind.startswith("said_")


def _join_mentioned_values(slots: tuple[Slot, ...], values: dict[str, str]) -> str:
    """The values a summary is told that the customer named."""
    return "; ".join(values[slot.name] for slot in slots if slot.kind.startswith("said_"))


def _build_fact(slot: Slot, values: dict[str, str]) -> Fact:
    about = FACT_KINDS[slot.kind]
    return Fact(kind=slot.kind, about=about, value=values[slot.name], ref=f"row:{slot.name}")


def _build_order(values: dict[str, str]) -> Order:
    return Order(
        number=values["order"],
        status=values.get("status", ""),
        currency="GBP",
        lines=(),
        paid=Decimal(0),
    )


def _build_proposal(example: Example, hits: tuple[Hit, ...]) -> Proposed:
    outcome, _, detail = example.task.outcome.partition(" ")
    return Proposed(
        outcome=outcome or "none",
        remedy=detail if outcome == REVIEW else "",
        asks_for=detail if outcome == ASK else "",
        amount=Decimal("49.00") if example.task.list_slots("amount") else None,
        currency="GBP",
        clause=hits[0].clause.ref if hits else "",
    )


def _invent_hit(rng: Random, rank: int) -> Hit:
    """A clause of random words: its text must not matter to a writer that quotes it."""
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


def _invent_value(rng: Random, slot: Slot) -> str:
    """A value of the slot's kind; no two slots of a case share one."""
    kind = slot.kind
    if kind == "status":
        return slot.value
    if kind in ("placed", "promised", "delivered", "since", "said_date"):
        return _invent_date(rng, numbered=kind == "said_date")
    if kind in ("total", "paid", "spent", "refunded", "amount", "said_amount"):
        return format_money(
            Decimal(rng.randint(100, 99_999)) / 100, rng.choice(["GBP", "EUR", "USD"])
        )
    if kind in ("order", "other_order", "said_order", "tracking"):
        return f"{rng.choice(['HP-', '#W', 'A'])}{rng.randint(10_000, 9_999_999)}"
    return _invent_word(rng, slot)


def _invent_date(rng: Random, *, numbered: bool) -> str:
    day = TODAY - timedelta(days=rng.randint(1, 900))
    return day.isoformat() if numbered else f"{day.day} {day:%B %Y}"


def _invent_word(rng: Random, slot: Slot) -> str:
    words = load_corpus("tickets")
    if slot.kind == "item":
        adjective = rng.choice(select_phrases(words["adjectives"], held_out=True))
        return f"{adjective} {rng.choice(words['things'])} {slot.name[4:] or 1}".capitalize()
    return {
        "customer": rng.choice(CUSTOMER_NAMES),
        "shop": rng.choice(SHOP_NAMES),
        "said_contact": f"{rng.choice('abcdef')}{rng.randint(1, 999)}@mail.example",
        "said_link": f"https://example.org/{rng.randint(1, 999)}",
        "ticket": f"#{rng.randint(1, 99)}",
    }.get(slot.kind, str(rng.randint(2, 99)))
