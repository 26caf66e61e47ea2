"""The measure of the bundled writer's speed beside others."""

from __future__ import annotations

from tests.benchmarks.writer.load import CONDITIONS, iter_table_lines
from triage.training.writer.export import WEIGHTS


def test_each_condition_has_a_line_and_two_writers_are_set_against_one() -> None:
    table = list(iter_table_lines(WEIGHTS, count=1, rounds=1))
    assert [line.split(" | ")[0].strip("| ") for line in table[2:-1]] == list(CONDITIONS)
    assert table[-1].startswith("Two side by side keep ")
