"""Two starts on one folder of data: the second says that one runs, and touches nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from triage.runtime.single_start import LOCK_NAME, AlreadyRunning, claim_data_folder


def test_the_second_is_told_where_the_first_one_runs(tmp_path: Path) -> None:
    with (
        claim_data_folder(tmp_path, "http://localhost:8000/"),
        pytest.raises(AlreadyRunning, match=f"http://localhost:8000/ .process {os.getpid()}"),
        claim_data_folder(tmp_path, "http://localhost:8001/"),
    ):
        raise AssertionError("two at once")


def test_what_a_killed_one_left_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_text("1 http://localhost:8000/ and some more\n")
    with claim_data_folder(tmp_path, "http://localhost:8001/"):
        assert (tmp_path / LOCK_NAME).read_text() == f"{os.getpid()} http://localhost:8001/\n"
    with claim_data_folder(tmp_path, "http://localhost:8002/"):
        pass


def test_a_second_start_is_a_sentence_and_leaves_the_database_alone(tmp_path: Path) -> None:
    with claim_data_folder(tmp_path, "http://localhost:8000/"):
        done = subprocess.run(
            [sys.executable, "manage.py", "start", "--port", "1"],
            cwd=settings.BASE,
            env={**os.environ, "DATABASE_URL": "", "TRIAGE_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "This shop runs already at http://localhost:8000/" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "postgres").exists()
