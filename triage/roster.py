"""Which model files there are, pinned by sha256. No name is served by another file."""

from __future__ import annotations

import hashlib
import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from triage.step import EngineUnavailable

HERE = Path(__file__).resolve().parent


class RosterError(Exception):
    """The roster itself cannot be read: nothing it names can be trusted."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model file. ``kind`` is encoder or writer, ``model_class`` focal, general or hosted."""

    name: str
    kind: str
    path: Path
    sha256: str
    model_class: str
    licence: str
    about: str = ""
    context: int = 1024
    max_tokens: int = 320
    seconds: float = 20.0


def read(extra: str = "") -> Mapping[str, Entry]:
    """The bundled entries and those of the file ``extra``. Raises RosterError."""
    files = [HERE / "roster.toml", *([Path(extra)] if extra else [])]
    return {entry.name: entry for file in files for entry in _entries(file)}


def _entries(file: Path) -> list[Entry]:
    try:
        tables = tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RosterError(f"{file}: {error}. Correct the file, or unset TRIAGE_ROSTER.") from error
    return [_entry(file, name, table) for name, table in tables.items()]


def _entry(file: Path, name: str, table: dict[str, Any]) -> Entry:
    values = dict(table)
    try:
        base = _package(values.pop("package")) if "package" in values else file.parent
        values["path"] = base / values.pop("file")
        values["model_class"] = values.pop("class")
        return Entry(name=name, **values)
    except (KeyError, TypeError) as error:
        known = ", ".join(field.name for field in fields(Entry))
        raise RosterError(f"{file}, [{name}]: {error}. A table has {known}.") from error


def _package(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RosterError(f"The package {name} is not installed: run `make install`.")
    return Path(spec.origin).parent


def verified(entry: Entry) -> Path:
    """The path of the file, when it is the one pinned. Raises EngineUnavailable."""
    try:
        stat = entry.path.stat()
    except OSError as error:
        raise EngineUnavailable(f"{entry.name}: no file at {entry.path}") from error
    found = _digest(entry.path, stat.st_size, stat.st_mtime_ns)
    if found != entry.sha256:
        raise EngineUnavailable(
            f"{entry.name}: {entry.path.name} has sha256 {found[:12]}…, the roster pins "
            f"{entry.sha256[:12] or 'nothing'}…: refused"
        )
    return entry.path


@lru_cache
def _digest(path: Path, size: int, mtime: int) -> str:
    """The digest of a file as it is: a changed size or time asks anew."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
