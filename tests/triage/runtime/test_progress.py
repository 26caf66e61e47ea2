"""Nothing is silent while it works."""

from __future__ import annotations

import time

import pytest

from triage.runtime import progress


def test_a_line_goes_on_for_as_long_as_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DOT_SECONDS", 0.01)
    said: list[str] = []
    with progress.show_progress(said.append, "Preparing"):
        deadline = time.monotonic() + 60
        while len(said) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    whole = "".join(said)
    assert whole.startswith("Preparing ….")
    assert whole.endswith(".\n")
    time.sleep(0.05)
    assert "".join(said) == whole


def test_an_error_ends_the_line_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with pytest.raises(OSError, match="full"), progress.show_progress(said.append, "Preparing"):
        raise OSError("full")
    assert "".join(said) == "Preparing …\n"
