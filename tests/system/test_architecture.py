"""A web process loads no model library; import-linter keeps the layers (see pyproject.toml)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ML = (
    "torch",
    "sentence_transformers",
    "transformers",
    "llama_cpp",
    "openvino",
    "sklearn",
    "numpy",
    "bm25s",
)


def test_a_web_process_loads_no_model_library() -> None:
    script = (
        "import sys, django; django.setup(); import triage.wsgi, triage.urls, triage.tasks;"
        f"print([m for m in {ML!r} if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "triage.settings", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"


def test_every_import_keeps_to_the_layers() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
