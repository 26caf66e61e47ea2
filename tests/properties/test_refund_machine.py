"""Whatever people, customers, workers and forgers do to refunds, in whatever order, it holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.properties.refund_machine import machine
from tests.properties.refund_machine.stage import Stage

SEQUENCES, STEPS = 200, 16
MUST_OCCUR = (
    "now approved",
    "now executed",
    "now failed",
    "now doubt",
    "now void",
    "claimed",
    "edited",
    "approved by the rule",
    "settled by hand",
    "settled by hand: OwnWork",
    "asked: Incomplete",
    "decided: approve: NotPending",
    "left to the rule",
    "forgeries refused",
)


@pytest.mark.django_db
def test_no_sequence_breaks_what_has_to_hold(settings: Any) -> None:
    Stage.seen.clear()
    machine.run(settings, sequences=SEQUENCES, steps=STEPS)
    assert [what for what in MUST_OCCUR if not Stage.seen[what]] == []
