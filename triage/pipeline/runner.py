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
    Check,
    EngineError,
    EngineTimeout,
    Evidence,
    Rung,
    Status,
    Step,
    StepResult,
    Tried,
    failing,
)


def run(
    steps: Sequence[Step],
    case: Case,
    ladder_of: Callable[[Step], Sequence[Rung]],
    limits_of: Callable[[Step], Mapping[str, float]],
) -> Iterator[StepResult]:
    """The results of the steps in order; a step whose output is in the case already is passed over."""
    for step in steps:
        if step.writes in case.outputs:
            continue
        result = perform(step, case, ladder_of(step), limits_of(step))
        case = case.having(result.output)
        yield result


def perform(
    step: Step, case: Case, ladder: Sequence[Rung], limits: Mapping[str, float]
) -> StepResult:
    """Climb the ladder until a rung's answer passes its checks; else it is a human's turn."""
    began = time.monotonic()
    tried: list[Tried] = []
    left: Any = None
    for rung in ladder:
        started = time.monotonic()
        try:
            engine = rung.load()
            output = step.run(case, engine)
        except EngineError as error:
            tried.append(_left(rung, error, started))
            continue
        checks = tuple(map(_settled, step.check(case, output, limits)))
        if not any(failing(checks)):
            return StepResult(
                step=step,
                status=Status.OK,
                output=output,
                evidence=step.evidence(case, output),
                checks=checks,
                requested=ladder[0].name,
                served=engine.card,
                swap_reason=_why(tried),
                tried=tuple(tried),
                limits=limits,
                milliseconds=_since(began),
            )
        tried.append(_doubted(rung, checks, step.evidence(case, output), started))
        left = step.withdrawn(case, output, checks) if step.withdrawn else None
        if any(check.name in step.final for check in failing(checks)):
            break
    left = step.fallback(case) if left is None else left
    return _human(step, case, left, ladder, limits, tried, began)


def _human(
    step: Step,
    case: Case,
    output: Any,
    ladder: Sequence[Rung],
    limits: Mapping[str, float],
    tried: list[Tried],
    began: float,
) -> StepResult:
    timed_out = bool(tried) and tried[-1].outcome == Status.TIMED_OUT
    return StepResult(
        step=step,
        status=Status.TIMED_OUT if timed_out else Status.ABSTAINED,
        output=output,
        evidence=step.evidence(case, output),
        checks=_last_doubts(tried),
        requested=ladder[0].name if ladder else "",
        served=None,
        swap_reason=_why(tried),
        tried=tuple(tried),
        limits=limits,
        milliseconds=_since(began),
    )


def _settled(check: Check) -> Check:
    """A check that passed needs no excuse: ``because`` says why one did not."""
    return replace(check, because="") if check.passed else check


def _left(rung: Rung, error: EngineError, started: float) -> Tried:
    outcome = Status.TIMED_OUT if isinstance(error, EngineTimeout) else Status.FAILED
    return Tried(rung=rung.name, outcome=outcome, because=str(error), milliseconds=_since(started))


def _doubted(rung: Rung, checks: tuple[Check, ...], evidence: Evidence, started: float) -> Tried:
    doubts = "; ".join(f"{check.name}: {check.because}" for check in failing(checks))
    return Tried(
        rung=rung.name,
        outcome="doubted",
        because=doubts,
        milliseconds=_since(started),
        checks=checks,
        evidence=evidence,
    )


def _last_doubts(tried: list[Tried]) -> tuple[Check, ...]:
    return next((rung.checks for rung in reversed(tried) if rung.checks), ())


def _why(tried: list[Tried]) -> str:
    return " · ".join(f"{rung.rung}: {rung.because}" for rung in tried)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
