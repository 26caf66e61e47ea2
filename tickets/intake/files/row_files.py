"""CSV and JSON Lines, read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from tickets.intake.files.csv_rows import read_csv
from tickets.intake.files.loop import Item, RowItem
from tickets.intake.files.text_lines import (
    UTF8_MARK,
    LineTooLong,
    Progress,
    find_text_problem,
    iter_lines,
)

__all__ = ["RowItem", "find_unknown_names", "read_rows"]

HEAD_BYTES = 4096
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
PACKED_MARKS = (b"\x1f\x8b", b"PK\x03\x04")


def read_rows(path: Path, columns: list[str], advance: Progress) -> Iterator[RowItem]:
    """Each row of a CSV or JSON Lines file, with its place. Raises CommandError.

    ``columns`` are the names that mean something; ``advance`` is told the bytes read.
    """
    with _open_file(path) as file:
        start = _read_start(file, path)
        lines = iter_lines(file, advance)
        if start.startswith(b"{"):
            yield from _read_json_lines(lines, path)
        else:
            yield from read_csv(lines, path, columns)


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _read_start(file: BinaryIO, path: Path) -> bytes:
    """The first bytes that are not blank. Raises CommandError where they cannot be rows."""
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.startswith(WIDE_MARKS):
        raise CommandError(f"{path} is UTF-16 or UTF-32: save it as UTF-8 and import it again.")
    if head.startswith(PACKED_MARKS):
        raise CommandError(
            f"{path} is packed, or a workbook: unpack it, save what is inside as CSV in UTF-8, and"
            " import that."
        )
    start = head.removeprefix(UTF8_MARK).lstrip()
    if head.count(0) > len(head) // 8:
        raise CommandError(f"{path} is no text in UTF-8: save it as CSV in UTF-8.")
    if not start:
        raise CommandError(f"{path} is empty.")
    if start.startswith(b"["):
        raise CommandError(
            f"{path} is one JSON array: write one object a line (jq -c '.[]' FILE > FILE.jsonl)."
        )
    return start


def _read_json_lines(lines: Iterable[str], path: Path) -> Iterator[RowItem]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parse_json_line(line, f"{path}:{number}")
    except LineTooLong as error:
        yield Item(f"{path}:{number + 1}", problem=str(error))


def _parse_json_line(line: str, place: str) -> RowItem:
    if problem := find_text_problem(line):
        return Item(place, problem=f"the line {problem}")
    try:
        found = json.loads(
            line, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_build_object
        )
    except (ValueError, RecursionError) as error:
        return Item(place, problem=f"the line is not JSON ({error}): write one object a line")
    if not isinstance(found, dict):
        return Item(place, problem="the line is not a JSON object: write {…}")
    return Item(place, found)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as an object. Raises ValueError for a name that is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {twice!r} twice")
    return found


def find_unknown_names(item: RowItem, columns: Iterable[str]) -> set[str]:
    """The names in a row that are no columns of the import."""
    return set(item.content or {}) - set(columns)
