"""What a text may do of a case: what the case bears out, and what is better left unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from triage.contract.fact_types import CLAUSE, MOST
from triage.contract.slots import WritingTask
from triage.generation import order_status
from triage.generation.circumstances import circumstances, grave_circumstances
from triage.generation.phrases import load

ASK_ORDER: Final = "ask order"
UNKNOWN: Final = (
    "",
    "",
    "",
    "",
    "other",
    "general question",
    "unknown",
    "something else",
    "enquiry",
)


def borne_out(task: WritingTask) -> Iterator[tuple[str, str | None]]:
    """(what a sentence does, of what) for all that a text for this task may do; None: of any."""
    known = {slot.kind for slot in task.slots}
    if task.kind == "summary":
        yield "sums", None
        return
    yield from ((does, None) for does in ("greets", "thanks", "closes"))
    yield from (("about", intent) for intent in known_as(task.intent) or {"other"})
    yield from (("second", intent) for intent in known_as(task.also) if task.also)
    urgent = task.urgency in ("high", "urgent")
    yield from (("told", name) for name in circumstances(task))
    if urgent:
        yield "urges", "urgent"
    for family in families(task.intent):
        groups = load("replies")["facts"][family]
        yield from (("states", f"{family} {number}") for number, _ in enumerate(groups, 1))
    yield from _named(families(task.intent), known)
    yield "quotes 1", "refuse" if task.outcome.startswith("refuse") else "lead"
    yield from ((f"quotes {number}", "second") for number in range(2, MOST[CLAUSE] + 1))
    yield from _ways_to_end(task, known)


def _named(about: set[str], known: set[str]) -> Iterator[tuple[str, str | None]]:
    """Values of the customer's that we have no better fact for."""
    if "money" in about:
        yield "names", "amount"
    if "delivery" in about and "promised" not in known:
        yield "names", "date"


def _ways_to_end(task: WritingTask, known: set[str]) -> Iterator[tuple[str, str | None]]:
    """By the decision and what comes next, or by an offer where nothing was to be decided."""
    outcome = _outcome(task, known)
    if outcome == "none":
        ended = _status(task) in order_status.ENDED
        yield from (("offers", "none" if ended else one) for one in families(task.intent))
        return
    yield "decides", outcome
    first, _, _ = outcome.partition(" ")
    yield "next", outcome if first == "ask" else first
    if outcome == ASK_ORDER:
        yield "orders", None
        if "other_order" in known:  # else there may be no account that lacks the order
            yield "names", "order"


def _outcome(task: WritingTask, known: set[str]) -> str:
    """The decision; where none was needed, the order is asked for if the answer lies in it,
    and what neither a clause nor an order answers, or what is grave, goes to a person."""
    if task.outcome not in ("", "none"):
        return task.outcome
    if grave_circumstances(task):
        return "human"
    if families(task.intent) - {"none"}:
        return "none" if "order" in known else ASK_ORDER
    return "none" if CLAUSE in known else "human"


@cache
def known_as(label: str) -> frozenset[str]:
    """The intents of the corpus that go by this label; "other" for no label at all."""
    if label in UNKNOWN:
        return frozenset({"other"})
    return frozenset(intent for intent, about in load("intents").items() if label in about["names"])


def families(label: str) -> set[str]:
    """Which facts the intents of that label ask for: delivery, item, order, money or none."""
    intents = load("intents")
    return {intents[name]["facts"] for name in known_as(label) if name in intents} or {"none"}


def unsayable(task: WritingTask) -> set[str]:
    """The marks that a reply does not state of an order with this status."""
    about = families(task.intent)
    return set.intersection(*(order_status.hidden(family, _status(task)) for family in about))


def _status(task: WritingTask) -> str:
    return next((slot.value for slot in task.of_kind("status")), "").lower()
