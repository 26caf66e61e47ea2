"""What stops a wrong set-up before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triage import checks


def test_the_steps_as_they_are_fit_together(settings: Any) -> None:
    assert checks.check_step_order() == []


def test_a_step_that_reads_what_no_earlier_step_writes_is_named(settings: Any) -> None:
    settings.TRIAGE_STEPS = settings.TRIAGE_STEPS[1:]
    messages = [error.msg for error in checks.check_step_order()]
    assert "The step retrieve reads Classification, which no earlier step writes." in messages


def test_a_roster_that_cannot_be_read_is_named(settings: Any, tmp_path: Path) -> None:
    settings.TRIAGE_ROSTER = str(tmp_path / "gone.toml")
    assert [error.id for error in checks.check_model_roster()] == ["triage.E002"]
