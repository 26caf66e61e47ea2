"""What a step hands on that the steps after it, and the rules of refunds, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.contract.outcomes import (
    NO_REPLY_OUTCOMES,
    NORMAL,
    UNLIKE_OURS_REASON,
    Matter,
    Outcome,
)


@dataclass(frozen=True, kw_only=True)
class MachineOrder:
    """Words of a message that read like an order to the machine, and why.

    ``found_by`` is "rules" or the name of a model. ``words`` are empty where no single sentence
    is one, or where nobody could look.
    """

    because: str
    found_by: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The label and how sure it is; ``label`` is empty where a person has to say.

    ``basis`` is what stands behind it: "model", "phrase" (an exact wording of the
    taxonomy) or "person". ``confidence`` is None where nothing was calibrated.
    ``suggestion`` is a guess that was not sure enough to be a label. ``audited``: this
    ticket is one of the random share that a person is asked about. ``without_orders`` is the
    label that a message has without its ``machine_orders``, None where it has none: the label
    chooses the rule, so they must not choose the label. ``readers`` are the models that read
    the message beside the one that labelled it: sha256 by name. ``mended`` are misspelt words and
    as what each was read for the label: (written, read).
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
    machine_orders: tuple[MachineOrder, ...] = ()
    readers: Mapping[str, str] = field(default_factory=dict)
    mended: tuple[tuple[str, str], ...] = ()

    @property
    def is_unlike_ours(self) -> bool:
        """Whether it is none of ours for no other reason than that we know nothing like it."""
        return self.outcome == Outcome.NOT_OURS and self.outcome_because == UNLIKE_OURS_REASON

    @property
    def is_unanswerable(self) -> bool:
        """Whether a reply would answer nothing; what is unlike all we know may still be asked."""
        return self.outcome in NO_REPLY_OUTCOMES and not self.is_unlike_ours
