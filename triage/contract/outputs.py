"""What a step hands on that the steps after it, and the rules of refunds, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.contract.outcomes import NORMAL, Matter, Outcome


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The label and how sure it is; ``label`` is empty where a person has to say.

    ``basis`` is what stands behind it: "model", "phrase" (an exact wording of the
    taxonomy) or "person". ``confidence`` is None where nothing was calibrated.
    ``suggestion`` is a guess that was not sure enough to be a label. ``audited``: this
    ticket is one of the random share that a person is asked about. ``without_orders`` is the
    label that a message has without the parts that give orders to the machine, None where
    it has none: the label chooses the rule, so they must not choose the label.
    """

    label: str = ""
    name: str = ""
    confidence: float | None = None
    runner_up: str = ""
    runner_up_confidence: float | None = None
    basis: str = ""
    threshold: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.UNSURE
    outcome_confidence: float | None = None
    outcome_because: str = ""
    suggestion: str = ""
    suggestion_name: str = ""
    suggestion_confidence: float | None = None
    matters: tuple[Matter, ...] = ()
    urgency: int = NORMAL
    urgency_confidence: float | None = None
    urgency_because: tuple[str, ...] = ()
    mood: str = ""
    mood_confidence: float | None = None
    mood_because: tuple[str, ...] = ()
    audited: bool = False
    without_orders: str | None = None
