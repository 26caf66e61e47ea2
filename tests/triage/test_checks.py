"""What stops a wrong set-up before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from triage import checks
from triage.contract.step import Engine
from triage.pipeline import registry
from triage.steps import classify, decide


def test_the_steps_as_they_are_fit_together(settings: Any) -> None:
    assert checks.check_step_order() == []


def test_a_step_that_reads_what_no_earlier_step_writes_is_named(settings: Any) -> None:
    settings.TRIAGE_STEPS = settings.TRIAGE_STEPS[1:]
    messages = [error.msg for error in checks.check_step_order()]
    assert "The step retrieve reads Classification, which no earlier step writes." in messages


class Oracle(Engine, Protocol):
    """What no engine here is."""


needing_an_oracle = replace(decide.step, needs=Oracle)
led_by_a_searcher = replace(classify.step, ladder=("hybrid", "phrases"))


def test_the_engines_as_they_are_serve_the_steps() -> None:
    assert checks.check_engines_of_steps() == []


def test_a_step_whose_protocol_no_engine_serves_is_named(settings: Any) -> None:
    settings.TRIAGE_STEPS = [f"{__name__}.needing_an_oracle"]
    (error,) = checks.check_engines_of_steps()
    assert error.id == "triage.E004"
    assert error.msg == "The step decide needs the protocol Oracle, which no engine serves."


def test_a_ladder_that_names_an_engine_of_another_protocol_is_named(settings: Any) -> None:
    settings.TRIAGE_STEPS = [f"{__name__}.led_by_a_searcher"]
    (error,) = checks.check_engines_of_steps()
    assert (error.id, error.hint) == ("triage.E005", "It can be served by: encoder, phrases.")


@pytest.mark.parametrize(
    ("step", "engines"),
    [
        ("classify", ["encoder", "phrases"]),
        ("retrieve", ["hybrid", "lexical"]),
        ("summarize", ["focal", "sentences"]),
        ("decide", ["arithmetic"]),
        ("draft", ["focal", "sentences"]),
        ("no such step", []),
    ],
)
def test_each_step_can_be_served_by_the_engines_of_its_protocol(
    step: str, engines: list[str]
) -> None:
    assert registry.list_step_engines(step) == engines


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
