"""The engines without a model: exact phrases, composed sentences, plain arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triage.contract.case import Intent
from triage.contract.fact_types import CLAUSE, MOST
from triage.contract.outcomes import Guess, Signals
from triage.contract.slots import Slot, WritingTask
from triage.contract.step import Card, EngineError
from triage.guardrails.attribution import Writer, Written

Reader = Callable[[str], Signals | None]
"""Reads urgency, mood and spam off a text; None where no model is there to do it."""


def _unread(text: str) -> Signals | None:
    return None


@dataclass(frozen=True)
class Phrases:
    """Labels by an exact wording of the taxonomy, when just one intent is named."""

    card: Card = Card(name="phrases", kind="rules")
    read: Reader = _unread

    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess:
        said = " ".join(re.findall(r"\w+", text.lower()))
        named = [
            intent.slug
            for intent in intents
            if any(f" {phrase} " in f" {said} " for phrase in map(_plain, intent.phrases))
        ]
        if len(named) != 1:
            raise EngineError(f"{len(named)} labels are named by their exact wording")
        return Guess(label=named[0], confidence=None, basis="phrase", signals=self.read(text))


def _plain(phrase: str) -> str:
    return " ".join(re.findall(r"\w+", phrase.lower()))


@dataclass(frozen=True)
class Arithmetic:
    """The engine of a step that needs none."""

    card: Card = Card(name="arithmetic", kind="rules")


@dataclass(frozen=True)
class Person:
    """A person's label stands until a person changes it."""

    slug: str
    by: str
    read: Reader = _unread

    @property
    def card(self) -> Card:
        return Card(name=self.by, kind="human")

    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess:
        return Guess(label=self.slug, confidence=None, basis="person", signals=self.read(text))


@dataclass(frozen=True)
class Sentences:
    """Composes replies and summaries from fixed sentences around the slots."""

    card: Card = Card(name="sentences", kind="rules")

    def write(self, task: WritingTask) -> Written:
        compose = _summary if task.kind == "summary" else _reply
        return Written(text=compose(task))


_: type[Writer] = Sentences  # the protocol holds: checked by mypy


def _first(task: WritingTask, kind: str) -> str:
    slots = task.of_kind(kind)
    return slots[0].mark if slots else ""


def _listed(slots: tuple[Slot, ...]) -> str:
    marks = [slot.mark for slot in slots]
    return " and ".join(filter(None, [", ".join(marks[:-1]), marks[-1]])) if marks else ""


# --- summaries: one sentence for each group of facts that is known -----------------

STATEMENTS = (
    "{customer} has been a customer since {since}; orders on record: {orders}, worth {spent}.",
    "{customer} has this many orders on record: {orders}.",
    "Earlier refunds: {refunds}, {refunded} in total.",
    "Order {order}, placed on {placed}, is {status}.",
    "Order {order} is {status}.",
    "It was delivered on {delivered}.",
    "It was promised for {promised}.",
    "{paid} was paid for it.",
)


def _summary(task: WritingTask) -> str:
    said: set[str] = set()
    return " ".join(_statements(task, said)) or "No account or order is known for this message."


def _statements(task: WritingTask, said: set[str]) -> Iterator[str]:
    for template in STATEMENTS:
        kinds = re.findall(r"{(\w+)}", template)
        if (
            any(not task.of_kind(kind) for kind in kinds)
            or set(kinds[1:]) & said
            or kinds[-1] in said
        ):
            continue
        said.update(kinds)
        yield template.format(**{kind: _first(task, kind) for kind in kinds})
    if items := task.of_kind("item"):
        yield f"It holds {_listed(items)}."


# --- replies -------------------------------------------------------------------------

OUTCOMES = {
    "review": "A colleague is reviewing a {detail} for you, and we will write again as soon as it is decided.",
    "refuse": "I am sorry that we cannot agree to this under our policy.",
    "approved": "Your {detail}{sum} has been approved and will be paid.",
    "paid": "Your {detail}{sum} has been approved and paid.",
    "refuse outside window": "I am sorry that we cannot agree to this, because the time in which it can be asked for is over.",
    "refuse not covered": "I am sorry that we cannot agree to this, because our policy does not cover it.",
    "refuse no evidence": "I am sorry that we cannot agree to this, because we have not seen what we need for it.",
    "ask": "Please let us know which order this is about, so that we can look into it.",
    "human": "A colleague is looking into this and will write to you.",
    "none": "Please reply to this message if there is anything else you need.",
}


def _reply(task: WritingTask) -> str:
    paragraphs = [
        f"Hello {_first(task, 'customer')},".replace(" ,", ","),
        f"Thank you for writing to us{_about(task)}. {_standing(task)}".strip(),
        _policy(task),
        _outcome(task),
        f"Kind regards,\n{_first(task, 'shop') or 'Your support team'}",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _about(task: WritingTask) -> str:
    order = _first(task, "order")
    return f" about order {order}" if order else ""


def _standing(task: WritingTask) -> str:
    status = _first(task, "status")
    said = ["We understand that this is urgent for you."] if task.urgency == "urgent" else []
    if status and _first(task, "order"):
        said.append(f"The order is marked as {status}.")
    return " ".join(said)


def _policy(task: WritingTask) -> str:
    leads = ("Our policy on this says:", *["It also says:"] * MOST[CLAUSE])
    quoted = zip(leads, task.of_kind(CLAUSE), strict=False)
    return "\n".join(f"{lead} {clause.mark}" for lead, clause in quoted)


def _outcome(task: WritingTask) -> str:
    outcome, _, detail = task.outcome.partition(" ")
    if detail == "photo":
        return "Please reply with a photo that shows the problem, so that we can look into it."
    if outcome == "none" and not (task.of_kind(CLAUSE) or task.of_kind("order")):
        outcome = "human"  # neither a clause nor an order answers the question
    said = OUTCOMES.get(task.outcome) or OUTCOMES.get(outcome, OUTCOMES["human"])
    amount = _first(task, "amount")
    return said.format(detail=detail, sum=f" of {amount}" if amount else "")
