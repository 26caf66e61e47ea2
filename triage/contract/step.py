"""The contract between the steps, the engines that serve them and the runner.

Pure: standard library only. A step is a question with a way to ask it (``run``)
and a way to doubt the answer (``check``). What a step may know is in ``case.Case``;
what it may use is an engine that speaks the protocol the step names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from triage.contract.case import Case

T = TypeVar("T")


class Status(StrEnum):
    """How a step ended, as its receipt states it."""

    OK = "ok"
    ABSTAINED = "abstained"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class EngineError(Exception):
    """The engine could not answer: the ladder goes on to the next rung."""


class EngineUnavailable(EngineError):
    """The engine is not there at all: a missing, changed or unreadable file."""


class EngineTimeout(EngineError):
    """The engine used up its time and was cancelled."""


@dataclass(frozen=True, kw_only=True)
class EngineInfo:
    """Which engine this is: ``kind`` is rules, focal, general, hosted or human;
    ``weights`` is a sha256.
    """

    name: str
    kind: str
    runtime: str = ""
    weights: str = ""
    quantization: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    left_machine: bool = False


class Engine(Protocol):
    @property
    def card(self) -> EngineInfo: ...


class Computing(Engine, Protocol):
    """What a step needs that computes its answer itself: only a name for its receipt."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung of a ladder: an engine by name, loaded when it is its turn.

    ``load`` raises EngineUnavailable when the engine cannot serve.
    """

    name: str
    load: Callable[[], Engine]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one answer of a writer cost and under which prompt and constraint.

    ``reused_tokens`` of the input were not read anew. ``cut`` names the slots that had no
    room in the prompt, and "message" where the customer's words were shortened.
    """

    prompt_sha256: str = ""
    constraint_sha256: str = ""
    input_tokens: int | None = None
    reused_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: str = ""
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One doubt about one answer. ``passed`` None means: not run; ``because`` says why it
    did not pass.
    """

    name: str
    passed: bool | None
    value: str = ""
    threshold: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A rung that was tried and did not serve, and why."""

    rung: str
    outcome: str
    because: str
    milliseconds: int
    checks: tuple[Check, ...] = ()
    evidence: Evidence | None = None


@dataclass(frozen=True, kw_only=True)
class Worksheet:
    """What an admin agreed to for a step before any model was chosen."""

    budget_ms: int
    sensitive: str = ""
    approval: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The parts of an output a receipt lists by themselves.

    ``confidence`` is None where no calibration stands behind it. ``inputs`` are
    (kind, reference, trust, content); the content is stored only as a digest.
    """

    label: str = ""
    confidence: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)
    citations: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str, str, str], ...] = ()
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the jobs: how to ask, how to doubt, and what to do when all fails.

    ``run(case, engine)`` may raise EngineError. ``check(case, output, limits)``
    yields the doubts. ``fallback(case)`` is the answer at the end of the ladder: a
    human's turn. ``withdrawn(case, output, checks)`` is what is left of the last answer that
    did not pass, where a step can say more than nothing. ``final`` are names of checks whose
    failing is an outcome: no other rung may overrule it. ``reads`` are output types of
    earlier steps, ``writes`` this one's. ``needs`` is the protocol of the engine that ``run``
    asks: every engine that serves it can be a rung. ``free_limits`` are asked of general models
    only, and stand on a receipt as the threshold of their check.
    """

    name: str
    question: str
    writes: type
    needs: type
    run: Callable[[Case, Any], Any]
    check: Callable[[Case, Any, Mapping[str, float]], Iterable[Check]]
    evidence: Callable[[Case, Any], Evidence]
    fallback: Callable[[Case], Any]
    ladder: tuple[str, ...]
    worksheet: Worksheet
    reads: tuple[type, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    free_limits: Mapping[str, float] = field(default_factory=dict)
    withdrawn: Callable[[Case, Any, tuple[Check, ...]], Any] | None = None
    final: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What climbing one ladder came to; a receipt is written from this alone."""

    step: Step
    status: Status
    output: Any
    evidence: Evidence
    checks: tuple[Check, ...]
    requested: str
    served: EngineInfo | None
    swap_reason: str
    tried: tuple[Attempt, ...]
    limits: Mapping[str, float]
    milliseconds: int


def iter_failed_checks(checks: Iterable[Check]) -> Iterator[Check]:
    """The checks that did not pass, those that were not run included."""
    return (check for check in checks if not check.passed)
