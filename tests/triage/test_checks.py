"""What stops a wrong set-up before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from triage import checks
from triage.pipeline import registry


def test_the_steps_as_they_are_fit_together(settings: Any) -> None:
    assert checks.check_step_order() == []


def test_a_step_that_reads_what_no_earlier_step_writes_is_named(settings: Any) -> None:
    settings.TRIAGE_STEPS = settings.TRIAGE_STEPS[1:]
    messages = [error.msg for error in checks.check_step_order()]
    assert "The step retrieve reads Classification, which no earlier step writes." in messages


def test_a_bundled_model_that_is_missing_is_named(monkeypatch: Any, tmp_path: Path) -> None:
    assert checks.check_bundled_models() == []
    entries = dict(registry.load_entries())
    entries["signals"] = replace(entries["signals"], path=tmp_path / "signals.safetensors")
    monkeypatch.setattr(registry, "load_entries", lambda: entries)
    (warning,) = checks.check_bundled_models()
    assert warning.id == "triage.W001"
    assert "signals: no file at" in warning.msg


def test_a_roster_that_cannot_be_read_is_named(settings: Any, tmp_path: Path) -> None:
    settings.TRIAGE_ROSTER = str(tmp_path / "gone.toml")
    assert [error.id for error in checks.check_model_roster()] == ["triage.E002"]
