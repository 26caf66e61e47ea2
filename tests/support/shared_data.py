"""Public data sets beside the checkout, which not every machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("TRIAGE_DATA_DIR", Path(__file__).parents[3] / "shared/data"))


def shared_data(name: str) -> Path:
    """A folder of the shared data; the test is skipped where it is not there."""
    if not (ROOT / name).exists():
        pytest.skip(f"{name} is not in {ROOT}: name the folder in TRIAGE_DATA_DIR")
    return ROOT / name
