"""The engines without a model: exact phrases, composed sentences, plain arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triage.contract.case import Intent
from triage.contract.fact_types import CLAUSE, MAX_SLOTS_BY_KIND
from triage.contract.outcomes import Guess, Signals
from triage.contract.slots import Slot, WritingTask
from triage.contract.step import EngineError, EngineInfo
from triage.guardrails.attribution import Writer, Written

SignalReader = Callable[[str, str], Signals | None]
"""Reads urgency, mood and spam off a text and its language; None where no model can."""


def _read_no_signals(text: str, language: str) -> Signals | None:
    return None


@dataclass(frozen=True)
class PhraseLabeller:
    """Labels by an exact wording of the taxonomy, when just one intent is named."""

    card: EngineInfo = EngineInfo(name="phrases", kind="rules")
    read: SignalReader = _read_no_signals

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess:
        said = " ".join(re.findall(r"\w+", text.lower()))
        named = [
            intent.slug
            for intent in intents
            if any(
                f" {phrase} " in f" {said} " for phrase in map(_normalize_phrase, intent.phrases)
            )
        ]
        if len(named) != 1:
            raise EngineError(f"{len(named)} labels are named by their exact wording")
        read = self.read(text, language)
        return Guess(label=named[0], confidence=None, basis="phrase", signals=read)


def _normalize_phrase(phrase: str) -> str:
    return " ".join(re.findall(r"\w+", phrase.lower()))


@dataclass(frozen=True)
class ArithmeticEngine:
    """The engine of the step that computes and needs no model."""

    card: EngineInfo = EngineInfo(name="arithmetic", kind="rules")


@dataclass(frozen=True)
class PersonLabeller:
    """Answers with the label that a person gave: it stands until a person changes it."""

    slug: str
    by: str
    read: SignalReader = _read_no_signals

    @property
    def card(self) -> EngineInfo:
        return EngineInfo(name=self.by, kind="human")

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess:
        read = self.read(text, language)
        return Guess(label=self.slug, confidence=None, basis="person", signals=read)


@dataclass(frozen=True)
class SentenceWriter:
    """Composes replies and summaries from fixed sentences around the slots."""

    card: EngineInfo = EngineInfo(name="sentences", kind="rules")

    def write(self, task: WritingTask) -> Written:
        compose = _write_summary if task.kind == "summary" else _write_reply
        return Written(text=compose(task))


_: type[Writer] = SentenceWriter  # the protocol holds: checked by mypy


def _get_first_mark(task: WritingTask, kind: str) -> str:
    slots = task.list_slots(kind)
    return slots[0].mark if slots else ""


def _join_marks(slots: tuple[Slot, ...]) -> str:
    marks = [slot.mark for slot in slots]
    return " and ".join(filter(None, [", ".join(marks[:-1]), marks[-1]])) if marks else ""


SUMMARY_TEMPLATES = (
    "{customer} has been a customer since {since}; orders on record: {orders}, worth {spent}.",
    "{customer} has this many orders on record: {orders}.",
    "Earlier refunds: {refunds}, {refunded} in total.",
    "Order {order}, placed on {placed}, is {status}.",
    "Order {order} is {status}.",
    "It was delivered on {delivered}.",
    "It was promised for {promised}.",
    "{paid} was paid for it.",
)


def _write_summary(task: WritingTask) -> str:
    said: set[str] = set()
    return (
        " ".join(_iter_statements(task, said)) or "No account or order is known for this message."
    )


def _iter_statements(task: WritingTask, said: set[str]) -> Iterator[str]:
    for template in SUMMARY_TEMPLATES:
        kinds = re.findall(r"{(\w+)}", template)
        if (
            any(not task.list_slots(kind) for kind in kinds)
            or set(kinds[1:]) & said
            or kinds[-1] in said
        ):
            continue
        said.update(kinds)
        yield template.format(**{kind: _get_first_mark(task, kind) for kind in kinds})
    if items := task.list_slots("item"):
        yield f"It holds {_join_marks(items)}."


OUTCOME_SENTENCES = {
    "review": (
        "A colleague is reviewing a {detail} for you, and we will write again as soon as it "
        "is decided."
    ),
    "refuse": "I am sorry that we cannot agree to this under our policy.",
    "approved": "Your {detail}{sum} has been approved and will be paid.",
    "approved replacement": (
        "A replacement has been approved for you, and a colleague takes care of sending it."
    ),
    "paid": "Your {detail}{sum} has been approved and paid.",
    "refuse outside window": (
        "I am sorry that we cannot agree to this, because the time in which "
        "it can be asked for is over."
    ),
    "refuse not covered": (
        "I am sorry that we cannot agree to this, because our policy does not cover it."
    ),
    "refuse no evidence": (
        "I am sorry that we cannot agree to this, because we have not seen what we need for it."
    ),
    "ask": "Please let us know which order this is about, so that we can look into it.",
    "human": "A colleague is looking into this and will write to you.",
    "none": "Please reply to this message if there is anything else you need.",
}


def _write_reply(task: WritingTask) -> str:
    thanks = f"Thank you for writing to us{_format_order_mention(task)}."
    paragraphs = [
        f"Hello {_get_first_mark(task, 'customer')},".replace(" ,", ","),
        f"{thanks} {_write_order_status(task)}".strip(),
        _quote_policy(task),
        _write_outcome(task),
        f"Kind regards,\n{_get_first_mark(task, 'shop') or 'Your support team'}",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _format_order_mention(task: WritingTask) -> str:
    order = _get_first_mark(task, "order")
    return f" about order {order}" if order else ""


def _write_order_status(task: WritingTask) -> str:
    status = _get_first_mark(task, "status")
    said = ["We understand that this is urgent for you."] if task.urgency == "urgent" else []
    if status and _get_first_mark(task, "order"):
        said.append(f"The order is marked as {status}.")
    return " ".join(said)


def _quote_policy(task: WritingTask) -> str:
    leads = ("Our policy on this says:", *["It also says:"] * MAX_SLOTS_BY_KIND[CLAUSE])
    quoted = zip(leads, task.list_slots(CLAUSE), strict=False)
    return "\n".join(f"{lead} {clause.mark}" for lead, clause in quoted)


def _write_outcome(task: WritingTask) -> str:
    outcome, _, detail = task.outcome.partition(" ")
    if detail == "photo":
        return "Please reply with a photo that shows the problem, so that we can look into it."
    if outcome == "none" and not (task.list_slots(CLAUSE) or task.list_slots("order")):
        outcome = "human"  # neither a clause nor an order answers the question
    said = OUTCOME_SENTENCES.get(task.outcome) or OUTCOME_SENTENCES.get(
        outcome, OUTCOME_SENTENCES["human"]
    )
    amount = _get_first_mark(task, "amount")
    return said.format(detail=detail, sum=f" of {amount}" if amount else "")
