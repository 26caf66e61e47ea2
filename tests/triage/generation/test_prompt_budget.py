"""A case too long for a model: what matters least is left out, and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.case_values import FACTS, WINDOW
from triage.contract.fact_types import FACT_KINDS
from triage.contract.slots import WritingTask, build_clause_slots, build_fact_slots
from triage.contract.step import EngineError
from triage.generation.prompt_budget import KIND_RANK, MESSAGE, fit_task

TASK = WritingTask(
    kind="draft",
    intent="return request",
    outcome="review refund",
    urgency="normal",
    slots=(*build_fact_slots(FACTS), *build_clause_slots([WINDOW])),
    ticket="word " * 60,
)


def words(task: WritingTask) -> int:
    """A prompt of one token for each word of the message and ten for each slot."""
    return len(task.ticket.split()) + 10 * len(task.slots)


def test_what_fits_is_left_as_it_is() -> None:
    assert fit_task(TASK, words, 140) == (TASK, ())


def test_the_message_is_shortened_to_its_beginning_first() -> None:
    task, cut = fit_task(TASK, words, 110)
    assert (len(task.ticket.split()), cut) == (20, (MESSAGE,))
    assert task.slots == TASK.slots


def test_then_facts_go_the_least_important_first() -> None:
    task, cut = fit_task(TASK, words, 60)
    assert cut == (MESSAGE, "since", "item", "delivered")
    assert [slot.name for slot in task.slots] == ["shop", "customer", "order", "status", "clause"]


def test_the_order_the_amount_and_the_clauses_always_stay() -> None:
    amount = replace(TASK.slots[0], name="amount", kind="amount")
    task, _ = fit_task(replace(TASK, slots=(*TASK.slots, amount)), words, 40)
    assert {slot.name for slot in task.slots} == {"order", "amount", "clause"}


def test_where_not_even_the_least_fits_it_is_said() -> None:
    with pytest.raises(EngineError, match="30 tokens at the least, 29 fit"):
        fit_task(TASK, words, 29)


def test_of_several_values_of_a_kind_the_last_goes_first() -> None:
    items = tuple(
        replace(TASK.slots[0], name=name, kind="item") for name in ("item", "item2", "item3")
    )
    _, cut = fit_task(replace(TASK, slots=items, ticket=""), words, 15)
    assert cut == ("item3", "item2")


def test_every_kind_has_a_rank_and_none_is_called_like_the_message() -> None:
    assert {*FACT_KINDS} <= {*KIND_RANK}
    assert MESSAGE not in KIND_RANK
