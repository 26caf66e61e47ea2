"""Which figures a release has, and how a time becomes comparable between machines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a figure is: a time in milliseconds, pieces of work a minute, or an amount."""

    TIME = "time"
    RATE = "rate"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Figure:
    """One measured number: ``part`` of ``group``, in ``unit``. Figures of a group are drawn
    together.
    """

    group: str
    part: str
    unit: str
    kind: Kind = Kind.TIME

    @property
    def name(self) -> str:
        return f"{self.group} {self.part}".strip()

    def compute_ratio(self, value: float, yardstick_ms: float) -> float | None:
        """How many yardsticks the time takes, of a rate one piece of it; None for an amount."""
        match self.kind:
            case Kind.TIME:
                return value / yardstick_ms
            case Kind.RATE:
                return MINUTE_MS / value / yardstick_ms
        return None


MINUTE_MS: Final = 60_000
STEPS: Final = ("classify", "retrieve", "summarize", "decide", "draft")
WORK: Final = (
    "queries",
    "connections",
    "encoder passes",
    "tokens embedded",
    "tokens read",
    "tokens written",
)
FIGURES: Final = (
    *(Figure(step, part, "ms") for step in STEPS for part in ("p50", "p95")),
    *(Figure("warm ticket", part, "ms") for part in ("p50", "p95", "processor")),
    *(Figure("a ticket's", part, "", Kind.AMOUNT) for part in WORK),
    Figure("tickets a minute", "", "", Kind.RATE),
    *(Figure("arrival to draft", part, "ms") for part in ("p50", "p95")),
    Figure("a process's first ticket", "", "ms"),
    *(Figure("memory", part, "MB", Kind.AMOUNT) for part in ("worker", "launcher", "web")),
)
