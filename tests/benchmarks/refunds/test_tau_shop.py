"""How the refund benchmark counts: what is before a person, and what is right."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.benchmarks.refunds.figures import TaskResult, iter_report_lines
from tests.benchmarks.refunds.tau_shop import Task

BACK = Task(name="one", email="", text="", gives_back=True, back=Decimal("12.00"))
PROPOSED = TaskResult(
    task=BACK,
    label="return-item",
    outcome="review",
    reasons=(),
    questions=(),
    amount=Decimal("12.00"),
    needs_person=False,
)
ASKED = replace(
    PROPOSED, outcome="human", reasons=("ITEMS_UNKNOWN",), amount=None, needs_person=True
)


@pytest.mark.parametrize(
    ("judged", "seen"),
    [
        (PROPOSED, True),
        (ASKED, True),
        (replace(ASKED, needs_person=False), False),
        (replace(ASKED, reasons=("NO_LABEL",)), False),
        (replace(ASKED, reasons=("NO_LABEL", "PRICE_DIFFERENCE")), True),
        (replace(ASKED, outcome="none"), False),
    ],
)
def test_only_a_matter_of_money_before_a_person_counts(judged: TaskResult, seen: bool) -> None:
    assert judged.is_put_to_person is seen


def test_the_report_tells_what_was_missed_and_nothing_else() -> None:
    wrong = replace(PROPOSED, task=replace(BACK, name="two"), amount=Decimal("10.00"))
    alarm = replace(ASKED, task=replace(BACK, name="three", gives_back=False, back=Decimal(0)))
    lines = list(iter_report_lines([PROPOSED, wrong, alarm]))
    assert lines[0].startswith("gives money back and is put before a person: 2 of 2")
    assert lines[1].startswith("gives none and is put before a person: 1 of 1")
    assert lines[2].startswith("amount proposed is the right one: 1 of 2")
    assert lines[3].startswith("about one order: 0")
    assert [line.split(":")[0] for line in lines[4:]] == ["- two", "- three"]
