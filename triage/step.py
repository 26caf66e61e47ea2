"""The contract between the five steps, the engines that serve them and the runner.

Pure: standard library only. A step is a question with a way to ask it (``run``)
and a way to doubt the answer (``check``). What a step may know is in ``Case``;
what it may use is an engine that speaks the protocol the step names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
POSTAGE = "delivery"  # the category of a line that is no thing but a charge


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


# --- what a step may know -------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One value of one stored row, offered to a writer as a slot.

    ``kind`` is a word of ``facts.KINDS``, ``about`` the short description a writer sees,
    ``value`` the text a reader sees, ``ref`` the row it came from ("order:ML-1042").
    """

    kind: str
    about: str
    value: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One clause of one version of one policy, with the dates it was in force.

    ``until`` is the first day it is no longer in force, or None.
    """

    ref: str
    policy: str
    policy_title: str
    version: int
    heading: str
    text: str
    since: date
    until: date | None = None
    source: str = ""

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an order; ``price`` is per piece."""

    sku: str
    name: str
    quantity: int
    price: Decimal
    category: str = ""
    final_sale: bool = False


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as stored; a date is None where the shop never told us."""

    number: str
    status: str
    currency: str
    lines: tuple[Line, ...]
    paid: Decimal
    refunded: Decimal = Decimal(0)
    placed: date | None = None
    promised: date | None = None
    delivered: date | None = None

    @property
    def goods(self) -> tuple[Line, ...]:
        """The lines that can be sent back: postage cannot."""
        return tuple(line for line in self.lines if line.category != POSTAGE)

    def late(self, on: date) -> bool:
        """Whether the promised day has passed without, or before, the delivery."""
        return self.promised is not None and (self.delivered or on) > self.promised


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A label of the taxonomy; ``phrases`` are exact wordings that name it."""

    slug: str
    name: str
    phrases: tuple[str, ...] = ()
    description: str = ""
    money: bool = False
    dated_by_purchase: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A refund rule of the admin: what a clause grants, in numbers.

    ``window_days`` counts from ``counts_from`` ("purchase" or "delivery"); None is
    no limit. ``statuses`` are the order states it covers, empty for all.
    ``fee_percent`` is kept back from the refund; ``only_late`` asks that the promised day
    has passed. The lowest ``position`` goes first.
    """

    name: str
    intents: tuple[str, ...]
    clause: str
    remedy: str
    window_days: int | None
    counts_from: str
    since: date
    until: date | None = None
    fee_percent: Decimal = Decimal(0)
    statuses: tuple[str, ...] = ()
    covers_final_sale: bool = False
    only_late: bool = False
    position: int = 100

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A wording that a reply has to have or must not have.

    ``intent`` is the slug of the only intent it is for, empty for all.
    """

    text: str
    required: bool
    intent: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a step may know of one ticket.

    ``text`` is the customer's own words with quoted mail and signature removed; it
    is untrusted and never an instruction. ``order`` is the order the ticket is
    about where that is clear, and ``order_because`` says how it was found, or why
    not. Outputs of earlier steps are read by their type: ``case[Classification]``.
    """

    ticket: int
    subject: str
    text: str
    received: date
    customer: str = ""
    orders: tuple[Order, ...] = ()
    order: Order | None = None
    order_because: str = ""
    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    rules: tuple[Rule, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    outputs: Mapping[type, Any] = field(default_factory=dict)

    def __getitem__(self, kind: type[T]) -> T:
        return self.outputs[kind]  # type: ignore[no-any-return]

    def having(self, output: object) -> Case:
        """This case with one more step's output in it."""
        return replace(self, outputs={**self.outputs, type(output): output})

    def intent(self, slug: str) -> Intent | None:
        return next((i for i in self.intents if i.slug == slug), None)


# --- what a step may use --------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Card:
    """Which engine this is. ``kind``: rules, focal, general, hosted or human; ``weights``: sha256."""

    name: str
    kind: str
    runtime: str = ""
    weights: str = ""
    quantization: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    left_machine: bool = False


class Engine(Protocol):
    @property
    def card(self) -> Card: ...


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


# --- what a step must prove -----------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Check:
    """One doubt about one answer. ``passed`` None means: not run; ``because`` why it did not pass."""

    name: str
    passed: bool | None
    value: str = ""
    threshold: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A rung that was left, and why."""

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
    budget_cost: Decimal = Decimal(0)
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
    human's turn. ``reads`` are output types of earlier steps, ``writes`` this one's.
    """

    name: str
    question: str
    writes: type
    run: Callable[[Case, Any], Any]
    check: Callable[[Case, Any, Mapping[str, float]], Iterable[Check]]
    evidence: Callable[[Case, Any], Evidence]
    fallback: Callable[[Case], Any]
    ladder: tuple[str, ...]
    worksheet: Worksheet
    reads: tuple[type, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What one climb of one ladder came to; a receipt is written from this alone."""

    step: Step
    status: Status
    output: Any
    evidence: Evidence
    checks: tuple[Check, ...]
    requested: str
    served: Card | None
    swap_reason: str
    tried: tuple[Tried, ...]
    limits: Mapping[str, float]
    milliseconds: int


def failing(checks: Iterable[Check]) -> Iterator[Check]:
    """The checks that did not pass, those that were not run included."""
    return (check for check in checks if not check.passed)
