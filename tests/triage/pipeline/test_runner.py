"""The ladder: the smallest that passes does the step, and a human stands at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.support.case_values import case, missing
from triage.contract.case import Case
from triage.contract.step import (
    Check,
    Engine,
    EngineInfo,
    EngineTimeout,
    Evidence,
    Rung,
    Status,
    Step,
    Worksheet,
)
from triage.pipeline import runner


@dataclass(frozen=True)
class Answer:
    text: str


class Says:
    def __init__(self, text: str) -> None:
        self.text = text
        self.card = EngineInfo(name=text, kind="focal")


def _run(case: Case, engine: Says) -> Answer:
    if engine.text == "slow":
        raise EngineTimeout("slow took too long")
    return Answer(engine.text)


def _check(case: Case, output: Answer, limits: Mapping[str, float]) -> Iterator[Check]:
    yield Check(name="good", passed=output.text == "good", because="it is not good")


STEP = Step(
    name="answer",
    question="?",
    writes=Answer,
    needs=Engine,
    run=_run,
    check=_check,
    evidence=lambda case, output: Evidence(),
    fallback=lambda case: Answer(""),
    ladder=(),
    worksheet=Worksheet(budget_ms=1),
)


def rungs(*names: str) -> list[Rung]:
    return [
        Rung(name=name, load=missing(name) if name == "missing" else partial(Says, name))
        for name in names
    ]


def perform(*names: str) -> Any:
    return runner.climb_ladder(STEP, case(), rungs(*names), {})


def test_the_first_that_passes_does_the_step() -> None:
    result = perform("good", "never asked")
    assert (result.status, result.served.name, result.swap_reason) == (Status.OK, "good", "")


def test_a_check_that_passed_carries_no_excuse() -> None:
    assert [(check.passed, check.because) for check in perform("good").checks] == [(True, "")]


def test_a_failed_receipt_climbs_and_says_why() -> None:
    result = perform("bad", "good")
    assert result.served.name == "good"
    assert result.requested == "bad"
    assert result.swap_reason == "bad: good: it is not good"


def test_a_missing_model_climbs() -> None:
    result = perform("missing", "good")
    assert [rung.outcome for rung in result.tried] == [Status.FAILED]
    assert result.status == Status.OK


def test_at_the_end_of_the_ladder_it_is_a_humans_turn() -> None:
    result = perform("bad", "worse")
    assert result.status == Status.ABSTAINED
    assert result.served is None
    assert result.output == Answer("")
    assert len(result.tried) == 2


def test_running_out_of_time_is_a_status_of_its_own() -> None:
    assert perform("slow").status == Status.TIMED_OUT


def test_an_empty_ladder_is_a_humans_turn() -> None:
    assert perform().status == Status.ABSTAINED


@pytest.mark.parametrize("passed", [False, None])
def test_a_check_that_was_not_run_does_not_pass(passed: bool | None) -> None:
    from triage.contract.step import iter_failed_checks

    assert list(iter_failed_checks([Check(name="x", passed=passed)]))


def test_steps_that_are_done_are_passed_over() -> None:
    done = case().add_output(Answer("kept"))
    assert list(runner.run_steps([STEP], done, lambda step: rungs("good"), lambda step: {})) == []
