"""The roster: a model file is the one that is pinned, or it does not serve."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from triage.contract.step import EngineUnavailable
from triage.inference.registry import pinned


def write(folder: Path, sha256: str) -> str:
    (folder / "mine.gguf").write_bytes(b"weights")
    file = folder / "roster.toml"
    file.write_text(
        f'[mine]\nkind = "writer"\nfile = "mine.gguf"\nsha256 = "{sha256}"\n'
        'class = "general"\nlicence = "MIT"\n'
    )
    return str(file)


def test_the_bundled_files_are_the_pinned_ones() -> None:
    for entry in pinned.load_entries().values():
        assert pinned.verify_file(entry).exists()


def test_another_gguf_is_used_by_naming_its_path(tmp_path: Path) -> None:
    entry = pinned.load_entries(write(tmp_path, hashlib.sha256(b"weights").hexdigest()))["mine"]
    assert pinned.verify_file(entry) == tmp_path / "mine.gguf"


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    entry = pinned.load_entries(write(tmp_path, "0" * 64))["mine"]
    with pytest.raises(EngineUnavailable, match="refused"):
        pinned.verify_file(entry)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    entry = pinned.load_entries(write(tmp_path, "0" * 64))["mine"]
    (tmp_path / "mine.gguf").unlink()
    with pytest.raises(EngineUnavailable, match="no file at"):
        pinned.verify_file(entry)


@pytest.mark.parametrize("content", ["not = [toml", '[mine]\nkind = "writer"\n'])
def test_a_roster_that_cannot_be_read_says_where(tmp_path: Path, content: str) -> None:
    file = tmp_path / "roster.toml"
    file.write_text(content)
    with pytest.raises(pinned.RosterError, match=r"roster\.toml"):
        pinned.load_entries(str(file))


def test_an_entry_is_added_and_what_stood_there_stays(tmp_path: Path) -> None:
    file = Path(write(tmp_path, "0" * 64))
    before = file.read_text()
    mine = pinned.load_entries(str(file))["mine"]
    odd = replace(mine, name='a "b".c', about="back\\slash, “ü”", seconds=60)
    pinned.append_entry(file, odd)
    assert file.read_text().startswith(before)
    assert pinned.read_roster_file(file) == [mine, odd]


def test_an_entry_of_a_name_there_already_is_not_added(tmp_path: Path) -> None:
    file = Path(write(tmp_path, "0" * 64))
    before = file.read_text()
    with pytest.raises(pinned.RosterError):
        pinned.append_entry(file, pinned.load_entries(str(file))["mine"])
    assert file.read_text() == before
