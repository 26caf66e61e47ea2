"""A task made small enough for a model: what matters least to this ticket is left out first.

Pure. The customer's message is shortened to its beginning before any value goes; the
order, the amount decided and the clauses to quote never go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from triage.contract.fact_types import CLAUSE, KINDS
from triage.contract.slots import WritingTask
from triage.contract.step import EngineError

MESSAGE: Final = "message"
WORDS: Final = (40, 20, 10)
"""To how many words of its beginning a message is shortened, one after the other."""

STAY: Final = ("order", "amount", CLAUSE)
FIRST: Final = (*STAY, "customer", "shop", "status", "delivered", "promised", "placed", "item")
RANK: Final = {kind: place for place, kind in enumerate(dict.fromkeys([*FIRST, *KINDS]))}


def fitted(
    task: WritingTask, size: Callable[[WritingTask], int], room: int
) -> tuple[WritingTask, tuple[str, ...]]:
    """The task as much of it as has room, and the names of what was left out.

    ``size`` counts the tokens of a task's prompt, ``room`` is how many fit. A shortened
    message is named "message". Raises EngineError where not even the least fits.
    """
    needed = 0
    for smaller, cut in _smaller(task):
        needed = size(smaller)
        if needed <= room:
            return smaller, cut
    raise EngineError(f"the case needs {needed} tokens at the least, {room} fit")


def _smaller(task: WritingTask) -> Iterator[tuple[WritingTask, tuple[str, ...]]]:
    yield task, ()
    words, cut = task.ticket.split(), tuple[str, ...]()
    for count in WORDS:
        if len(words) > count:
            task, cut = replace(task, ticket=" ".join(words[:count])), (MESSAGE,)
            yield task, cut
    for name in _least_first(task):
        cut = (*cut, name)
        yield replace(task, slots=tuple(s for s in task.slots if s.name not in cut)), cut


def _least_first(task: WritingTask) -> Iterator[str]:
    """The names that may go, the least important first; of one kind the last first."""
    ranked = sorted(task.slots, key=lambda slot: RANK.get(slot.kind, len(RANK)))
    yield from (slot.name for slot in reversed(ranked) if slot.kind not in STAY)
