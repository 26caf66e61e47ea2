"""The import rule: triage -> approvals -> tickets, a pure core, and web processes without ML."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RANK = {"tickets": 0, "approvals": 1, "triage": 2}
PURE = [
    f"triage/{name}.py"
    for name in ("step", "case", "pipeline", "facts", "slots", "said", "grounding", "tone")
]
PURE += [f"triage/{name}.py" for name in ("signs", "outcomes", "marks", "routing")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/support").glob("*.py")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/steps").glob("*.py")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/conflicts").glob("*.py")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/meant").glob("*.py")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/refunds").glob("*.py")]
PURE += [str(path.relative_to(ROOT)) for path in (ROOT / "triage/promised").glob("*.py")]
CORE = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in PURE}
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


def modules(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def sources() -> list[Path]:
    return [path for app in RANK for path in (ROOT / app).rglob("*.py")]


def test_no_import_goes_up_the_arrow() -> None:
    upward = [
        f"{path}:{line} imports {module}"
        for path in sources()
        for module, line in modules(path)
        if RANK.get(module.split(".")[0], -1) > RANK[path.relative_to(ROOT).parts[0]]
    ]
    assert upward == []


@pytest.mark.parametrize("name", PURE)
def test_the_core_knows_only_itself_and_the_standard_library(name: str) -> None:
    foreign = [
        module
        for module, _ in modules(ROOT / name)
        if module not in CORE and module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert foreign == []


def test_ml_libraries_are_imported_in_engines_and_focal_alone() -> None:
    elsewhere = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if path.relative_to(ROOT).parts[1] not in ("engines", "focal", "machine.py")
        for module, _ in modules(path)
        if module.split(".")[0] in ML
    ]
    assert elsewhere == []


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
