"""What a text may say of a case: what the records support, and what is better left unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from triage.contract import order_status
from triage.contract.fact_types import CLAUSE, MAX_SLOTS_BY_KIND
from triage.contract.slots import WritingTask
from triage.generation.circumstances import find_circumstances, find_grave_circumstances
from triage.generation.phrases import load_phrases

ASK_ORDER: Final = "ask order"
UNKNOWN_LABELS: Final = (
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


def iter_supported_acts(task: WritingTask) -> Iterator[tuple[str, str | None]]:
    """(act, subject) for all that a text for this task may do; a subject of None means any."""
    known = {slot.kind for slot in task.slots}
    if task.kind == "summary":
        yield "sums", None
        return
    yield from ((does, None) for does in ("greets", "thanks", "closes"))
    yield from (("about", intent) for intent in find_intents(task.intent) or {"other"})
    yield from (("second", intent) for intent in find_intents(task.also) if task.also)
    urgent = task.urgency in ("high", "urgent")
    yield from (("told", name) for name in find_circumstances(task))
    if urgent:
        yield "urges", "urgent"
    if task.answered:
        return
    for family in find_fact_families(task.intent):
        groups = load_phrases("replies")["facts"][family]
        yield from (("states", f"{family} {number}") for number, _ in enumerate(groups, 1))
    yield from _iter_named_values(find_fact_families(task.intent), known)
    yield "quotes 1", "refuse" if task.outcome.startswith("refuse") else "lead"
    yield from (
        (f"quotes {number}", "second") for number in range(2, MAX_SLOTS_BY_KIND[CLAUSE] + 1)
    )
    yield from _iter_endings(task, known)


def _iter_named_values(about: set[str], known: set[str]) -> Iterator[tuple[str, str | None]]:
    """The acts that take up values of the message that we have no better fact for."""
    if "money" in about:
        yield "names", "amount"
    if "delivery" in about and "promised" not in known:
        yield "names", "date"


def _iter_endings(task: WritingTask, known: set[str]) -> Iterator[tuple[str, str | None]]:
    """The acts that end a reply.

    The decision and what comes next, or an offer where nothing was to be decided.
    """
    outcome = _infer_outcome(task, known)
    if outcome == "none":
        ended = _get_order_status(task) in order_status.ENDED_STATUSES
        yield from (("offers", "none" if ended else one) for one in find_fact_families(task.intent))
        return
    yield "decides", outcome
    first, _, _ = outcome.partition(" ")
    yield "next", outcome if first == "ask" else first
    if outcome == ASK_ORDER:
        yield "orders", None
        if "other_order" in known:  # else there may be no account that lacks the order
            yield "names", "order"


def _infer_outcome(task: WritingTask, known: set[str]) -> str:
    """The decision; where none was needed, the order is asked for if the answer lies in it,
    and what neither a clause nor an order answers, or what is grave, goes to a person."""
    if task.outcome not in ("", "none"):
        return task.outcome
    if find_grave_circumstances(task):
        return "human"
    if find_fact_families(task.intent) - {"none"}:
        return "none" if "order" in known else ASK_ORDER
    return "none" if CLAUSE in known else "human"


@cache
def find_intents(label: str) -> frozenset[str]:
    """The intents of the corpus that go by this label; "other" for no label at all."""
    if label in UNKNOWN_LABELS:
        return frozenset({"other"})
    return frozenset(
        intent for intent, about in load_phrases("intents").items() if label in about["names"]
    )


def find_fact_families(label: str) -> set[str]:
    """The families of facts that the intents of a label ask for: delivery, item, order, money or
    none.
    """
    intents = load_phrases("intents")
    return {intents[name]["facts"] for name in find_intents(label) if name in intents} or {"none"}


def find_unsayable_marks(task: WritingTask) -> set[str]:
    """The marks that a reply does not state of an order with this status."""
    about = find_fact_families(task.intent)
    return set.intersection(
        *(order_status.find_hidden_kinds(family, _get_order_status(task)) for family in about)
    )


def _get_order_status(task: WritingTask) -> str:
    return next((slot.value for slot in task.list_slots("status")), "").lower()
