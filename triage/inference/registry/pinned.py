"""Which model files there are, pinned by sha256. No name is served by another file."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from triage.contract.step import EngineUnavailable

HERE = Path(__file__).resolve().parent
FILE_HEADER = """\
# Written by `manage.py fetch_model`: each table pins a model to what the hub stated at first.
# Remove one, and the next fetch pins anew.
"""


class RosterError(Exception):
    """The roster itself cannot be read: nothing it names can be trusted."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model file.

    ``kind`` is encoder, multilingual, writer, signals, promises or injections; ``model_class``
    focal, general or hosted.
    """

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
    temperature: float = 0.0
    repository: str = ""
    revision: str = ""


def load_entries(*extra: str) -> Mapping[str, Entry]:
    """Bundled entries and those of the files ``extra``, the last winning. Raises RosterError."""
    files = [HERE / "roster.toml", *(Path(file) for file in extra if file)]
    return {entry.name: entry for file in files for entry in read_roster_file(file)}


def read_roster_file(file: Path) -> list[Entry]:
    """The entries of one file; a path in it is relative to its folder. Raises RosterError."""
    try:
        tables = tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RosterError(
            f"{file}: {error}. Correct the file, or unset TRIAGE_ROSTER if that names it."
        ) from error
    return [_parse_entry(file, name, table) for name, table in tables.items()]


def _parse_entry(file: Path, name: str, table: dict[str, Any]) -> Entry:
    values = dict(table)
    try:
        base = _find_package_folder(values.pop("package")) if "package" in values else file.parent
        values["path"] = base / values.pop("file")
        values["model_class"] = values.pop("class")
        return Entry(name=name, **values)
    except (KeyError, TypeError) as error:
        known = ", ".join(field.name for field in fields(Entry))
        raise RosterError(f"{file}, [{name}]: {error}. A table has {known}.") from error


def _find_package_folder(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RosterError(f"The package {name} is not installed: run `make install`.")
    return Path(spec.origin).parent


def verify_file(entry: Entry) -> Path:
    """The path of an entry's file, if it is the one pinned. Raises EngineUnavailable."""
    try:
        found = hash_file(entry.path)
    except OSError as error:
        raise EngineUnavailable(f"{entry.name}: no file at {entry.path}") from error
    if found != entry.sha256:
        raise EngineUnavailable(
            f"{entry.name}: {entry.path.name} has sha256 {found[:12]}…, the roster pins "
            f"{entry.sha256[:12] or 'nothing'}…: refused"
        )
    return entry.path


def hash_file(path: Path) -> str:
    """The sha256 of a file, 64 hex digits, kept until its size or time changes. Raises OSError."""
    stat = path.stat()
    return _hash_file_state(path, stat.st_size, stat.st_mtime_ns)


@lru_cache
def _hash_file_state(path: Path, size: int, mtime: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append_entry(file: Path, entry: Entry) -> None:
    """Add an entry to a roster file, whole or not at all; its path is in that folder."""
    values = asdict(entry)
    values["class"] = values.pop("model_class")
    values["file"] = values.pop("path").relative_to(file.parent).as_posix()
    name = values.pop("name")
    lines = [
        f"[{_format_toml_value(name)}]",
        *(f"{key} = {_format_toml_value(value)}" for key, value in values.items()),
    ]
    before = file.read_text() if file.exists() else FILE_HEADER
    part = file.with_name(f"{file.name}.part")
    part.write_text(before + "\n" + "\n".join(lines) + "\n")
    read_roster_file(part)  # what cannot be read never takes the place of what can
    part.replace(file)


def _format_toml_value(value: str | float) -> str:
    """A text or number as TOML writes it, which for these is as JSON does."""
    return json.dumps(value, ensure_ascii=False)
