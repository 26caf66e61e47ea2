"""Climbing one ladder, and chaining the steps. This is the whole policy.

Pure. For each rung: ask, check, stop at the first that passes. At the end of every
ladder stands a human, whose turn is marked as such.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from triage.contract.case import Case
from triage.contract.step import (
    Attempt,
    Check,
    EngineError,
    EngineTimeout,
    Evidence,
    Rung,
    Status,
    Step,
    StepResult,
    iter_failed_checks,
)


def run_steps(
    steps: Sequence[Step],
    case: Case,
    ladder_of: Callable[[Step], Sequence[Rung]],
    limits_of: Callable[[Step], Mapping[str, float]],
) -> Iterator[StepResult]:
    """The results of the steps in order; one whose output is in the case already is skipped.

    ``ladder_of`` and ``limits_of`` give the rungs and the limits of a step.
    """
    for step in steps:
        if step.writes in case.outputs:
            continue
        result = climb_ladder(step, case, ladder_of(step), limits_of(step))
        case = case.add_output(result.output)
        yield result


def climb_ladder(
    step: Step, case: Case, ladder: Sequence[Rung], limits: Mapping[str, float]
) -> StepResult:
    """Climb the ladder until a rung's answer passes its checks; else it is a human's turn."""
    began = time.monotonic()
    tried: list[Attempt] = []
    left: Any = None
    for rung in ladder:
        started = time.monotonic()
        try:
            engine = rung.load()
            output = step.run(case, engine)
        except EngineError as error:
            tried.append(_build_failed_attempt(rung, error, started))
            continue
        checks = tuple(map(_clear_passed_reason, step.check(case, output, limits)))
        if not any(iter_failed_checks(checks)):
            return StepResult(
                step=step,
                status=Status.OK,
                output=output,
                evidence=step.evidence(case, output),
                checks=checks,
                requested=ladder[0].name,
                served=engine.card,
                swap_reason=_format_swap_reason(tried),
                tried=tuple(tried),
                limits=limits,
                milliseconds=_count_milliseconds(began),
            )
        tried.append(_build_doubted_attempt(rung, checks, step.evidence(case, output), started))
        left = step.withdrawn(case, output, checks) if step.withdrawn else None
        if any(check.name in step.final for check in iter_failed_checks(checks)):
            break
    left = step.fallback(case) if left is None else left
    return _build_person_result(step, case, left, ladder, limits, tried, began)


def _build_person_result(
    step: Step,
    case: Case,
    output: Any,
    ladder: Sequence[Rung],
    limits: Mapping[str, float],
    tried: list[Attempt],
    began: float,
) -> StepResult:
    timed_out = bool(tried) and tried[-1].outcome == Status.TIMED_OUT
    return StepResult(
        step=step,
        status=Status.TIMED_OUT if timed_out else Status.ABSTAINED,
        output=output,
        evidence=step.evidence(case, output),
        checks=_get_last_checks(tried),
        requested=ladder[0].name if ladder else "",
        served=None,
        swap_reason=_format_swap_reason(tried),
        tried=tuple(tried),
        limits=limits,
        milliseconds=_count_milliseconds(began),
    )


def _clear_passed_reason(check: Check) -> Check:
    """The check without its ``because`` where it passed: that says why one did not."""
    return replace(check, because="") if check.passed else check


def _build_failed_attempt(rung: Rung, error: EngineError, started: float) -> Attempt:
    outcome = Status.TIMED_OUT if isinstance(error, EngineTimeout) else Status.FAILED
    return Attempt(
        rung=rung.name,
        outcome=outcome,
        because=str(error),
        milliseconds=_count_milliseconds(started),
    )


def _build_doubted_attempt(
    rung: Rung, checks: tuple[Check, ...], evidence: Evidence, started: float
) -> Attempt:
    doubts = "; ".join(f"{check.name}: {check.because}" for check in iter_failed_checks(checks))
    return Attempt(
        rung=rung.name,
        outcome="doubted",
        because=doubts,
        milliseconds=_count_milliseconds(started),
        checks=checks,
        evidence=evidence,
    )


def _get_last_checks(tried: list[Attempt]) -> tuple[Check, ...]:
    return next((rung.checks for rung in reversed(tried) if rung.checks), ())


def _format_swap_reason(tried: list[Attempt]) -> str:
    return " · ".join(f"{rung.rung}: {rung.because}" for rung in tried)


def _count_milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
