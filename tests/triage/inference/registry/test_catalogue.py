"""The catalogue: what can be fetched, told apart at a glance, and asked for by one command only."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from triage.inference.registry import catalogue, pinned
from triage.pipeline import registry

ROOT = Path(__file__).resolve().parents[4]
NAME = "qwen2.5-0.5b"


@pytest.fixture
def pins(settings: Any, tmp_path: Path) -> Path:
    settings.TRIAGE_FETCHED = tmp_path / "roster.toml"
    return Path(settings.TRIAGE_FETCHED)


def table(*arguments: str) -> list[list[str]]:
    """The list as it is printed, in columns."""
    out = io.StringIO()
    call_command("fetch_model", *arguments, stdout=out)
    return [re.split(r"  +", line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("arguments", [(), ("--list",), (NAME, "--list")])
def test_the_list_says_what_each_model_asks_for(pins: Path, arguments: tuple[str, ...]) -> None:
    titles, *rows = table(*arguments)
    assert " ".join(titles) == "name parameters file memory licence class fetched about"
    assert [row[0] for row in rows] == list(catalogue.load_catalogue())
    row = next(row for row in rows if row[0] == NAME)
    assert row[1:7] == ["0.5 B", "0.49 GB", "1.5 GB", "Apache-2.0", "general", "no"]


def test_the_list_knows_what_is_there(pins: Path) -> None:
    file = pins.parent / "some.gguf"
    entry = pinned.Entry(
        name=NAME, kind="writer", path=file, sha256="", model_class="general", licence="MIT"
    )
    pinned.append_entry(pins, entry)
    assert {row[6] for row in table()[1:]} == {"no"}
    file.touch()
    assert {row[0] for row in table()[1:] if row[6] == "yes"} == {NAME}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("qwen-0.5b", "qwen2.5-0.5b, qwen2.5-1.5b;"), ("∅", "mellum2-instruct, mellum2-thinking, ")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(
        CommandError, match=f"^No model is called {name}: the nearest are {nearest}"
    ):
        call_command("fetch_model", name)


def test_no_name_is_one_of_our_engines_and_no_digest_is_made_up() -> None:
    models = catalogue.load_catalogue()
    assert not set(models) & {*pinned.load_entries(), *registry.ENGINE_BUILDERS}
    assert {model.model_class for model in models.values()} <= {"focal", "general"}
    assert all(model.file.endswith(".gguf") for model in models.values())
    assert not re.search(r"[0-9a-f]{12}", catalogue.FILE.read_text())


def test_nothing_but_one_command_asks_a_hub() -> None:
    asking = {
        str(path.relative_to(ROOT))
        for app in ("triage", "tickets", "approvals")
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and re.search(r"huggingface_hub|\bdownload\b", ast.unparse(node))
    }
    assert asking == {
        "triage/inference/registry/download.py",
        "triage/management/commands/fetch_model.py",
    }
