"""A task made small enough for a model: what matters least to this ticket is left out first.

Pure. The customer's message is shortened to its beginning before any value goes; the
order, the amount decided and the clauses to quote never go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from triage.contract.fact_types import CLAUSE, FACT_KINDS
from triage.contract.slots import WritingTask
from triage.contract.step import EngineError

MESSAGE: Final = "message"
MESSAGE_WORD_LIMITS: Final = (40, 20, 10)
"""To how many words of its beginning a message is shortened, one after the other."""

REQUIRED_KINDS: Final = ("order", "amount", CLAUSE)
IMPORTANT_KINDS: Final = (
    *REQUIRED_KINDS,
    "customer",
    "shop",
    "status",
    "delivered",
    "promised",
    "placed",
    "item",
)
KIND_RANK: Final = {
    kind: place for place, kind in enumerate(dict.fromkeys([*IMPORTANT_KINDS, *FACT_KINDS]))
}


def fit_task(
    task: WritingTask, size: Callable[[WritingTask], int], room: int
) -> tuple[WritingTask, tuple[str, ...]]:
    """Shorten a task until its prompt fits; also returns the names of what was left out.

    ``size`` counts the tokens of a task's prompt, ``room`` is how many fit. A shortened
    message is named "message". Raises EngineError where not even the least fits.
    """
    needed = 0
    for smaller, cut in _iter_smaller_tasks(task):
        needed = size(smaller)
        if needed <= room:
            return smaller, cut
    raise EngineError(f"the case needs {needed} tokens at the least, {room} fit")


def _iter_smaller_tasks(task: WritingTask) -> Iterator[tuple[WritingTask, tuple[str, ...]]]:
    yield task, ()
    words, cut = task.ticket.split(), tuple[str, ...]()
    for count in MESSAGE_WORD_LIMITS:
        if len(words) > count:
            task, cut = replace(task, ticket=" ".join(words[:count])), (MESSAGE,)
            yield task, cut
    for name in _iter_removable_names(task):
        cut = (*cut, name)
        yield replace(task, slots=tuple(s for s in task.slots if s.name not in cut)), cut


def _iter_removable_names(task: WritingTask) -> Iterator[str]:
    """The slots that may go, the least important first; of one kind the last first."""
    ranked = sorted(task.slots, key=lambda slot: KIND_RANK.get(slot.kind, len(KIND_RANK)))
    yield from (slot.name for slot in reversed(ranked) if slot.kind not in REQUIRED_KINDS)
