"""Nothing lies in the words of this room that nobody reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from triage.nlu.lexicon import LEXICONS, load_lexicon

TRIAGE = Path(__file__).parents[3] / "triage"
SOURCES = {path: path.read_text(encoding="utf-8") for path in TRIAGE.rglob("*.py")}


def list_constants(source: str) -> list[str]:
    return [
        node.target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


READ_NAMES = {
    node.id
    for source in SOURCES.values()
    for node in ast.walk(ast.parse(source))
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
}


@pytest.mark.parametrize("path", sorted((TRIAGE / "nlu").glob("*.py")), ids=lambda path: path.stem)
def test_every_constant_is_read(path: Path) -> None:
    assert set(list_constants(SOURCES[path])) <= READ_NAMES


@pytest.mark.parametrize("path", sorted(LEXICONS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_list_of_words_is_read(path: Path) -> None:
    readers = [text for text in SOURCES.values() if f'"{path.name}"' in text]
    read = {
        name
        for name in load_lexicon(path)
        if any(f"['{name}']" in text or f'["{name}"]' in text for text in readers)
    }
    assert read == set(load_lexicon(path))
