"""CSV and JSON Lines, read line by line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from tickets.intake.files.loop import Item

MAX_CELL_CHARS = 10 * 1024 * 1024
MAX_LINE_BYTES = 50 * 1024 * 1024

RowItem = Item[dict[str, Any]]
Progress = Callable[[int], object]


def read_rows(path: Path, columns: list[str], advance: Progress) -> Iterator[RowItem]:
    """Each row of a CSV or JSON Lines file, with its place. Raises CommandError.

    ``columns`` are the names that mean something; ``advance`` is told the bytes read.
    """
    with _open_file(path) as file:
        start = _read_start(file, path)
        lines = _iter_lines(file, advance)
        if start.startswith(b"{"):
            yield from _read_json_lines(lines, path)
        else:
            yield from _read_csv(lines, path, columns)


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _read_start(file: BinaryIO, path: Path) -> bytes:
    """The first bytes that are not blank. Raises CommandError where they cannot be rows."""
    head = file.read(4096)
    file.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CommandError(f"{path} is UTF-16: save it as UTF-8 and import it again.")
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise CommandError(f"{path} is packed: unpack it and import what is inside, as CSV.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise CommandError(f"{path} is empty.")
    if start.startswith(b"["):
        raise CommandError(
            f"{path} is one JSON array: write one object a line (jq -c '.[]' FILE > FILE.jsonl)."
        )
    return start


def _iter_lines(file: BinaryIO, advance: Progress) -> Iterator[str]:
    """Lines as text; bytes that are not UTF-8 stay visible, so that their row can be refused."""
    first = True
    while line := file.readline(MAX_LINE_BYTES):
        advance(len(line))
        yield (line.removeprefix(b"\xef\xbb\xbf") if first else line).decode(
            "utf-8", "surrogateescape"
        )
        first = False


def _read_json_lines(lines: Iterable[str], path: Path) -> Iterator[RowItem]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            found = json.loads(line, parse_float=Decimal, parse_constant=Decimal)
        except (ValueError, RecursionError) as error:
            yield Item(place, problem=f"the line is not JSON ({error}): write one object a line")
            continue
        if isinstance(found, dict):
            yield Item(place, found)
        else:
            yield Item(place, problem="the line is not a JSON object: write {…}")


def _read_csv(lines: Iterator[str], path: Path, columns: list[str]) -> Iterator[RowItem]:
    csv.field_size_limit(MAX_CELL_CHARS)
    head = next(lines)
    rows = csv.reader(_prepend_line(head, lines), delimiter=_guess_delimiter(head))
    names = _parse_header(next(rows), path, columns)
    while True:
        place = f"{path}:{rows.line_num + 1}"
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"the row is not CSV ({error}): look for a missing quote"
            yield Item(place, problem=problem, is_cells=True)
            continue
        if not cells or not any(cell.strip() for cell in cells):
            continue
        problem = ""
        if len(cells) != len(names):
            problem = (
                f"the row has {len(cells)} cells and the header {len(names)}:"
                " look for a missing or an unquoted comma"
            )
        yield Item(place, dict(zip(names, cells, strict=False)), problem, is_cells=True)


def _prepend_line(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _guess_delimiter(head: str) -> str:
    """The delimiter that the first line has most of: comma, semicolon or tab.

    Spreadsheets write the list separator of their country.
    """
    return max(",;\t", key=head.count)


def _parse_header(cells: list[str], path: Path, columns: list[str]) -> list[str]:
    """The names of the columns. Raises CommandError if none is known or one is there twice."""
    names = [cell.strip().lower() for cell in cells]
    if not set(names) & set(columns):
        raise CommandError(
            f"{path}:1: no known column in the first line: it must name them,"
            f" from {', '.join(columns)}."
        )
    if len(set(names)) != len(names):
        raise CommandError(f"{path}:1: a column is named twice: give each its own name.")
    return names


def find_unknown_names(item: RowItem, columns: list[str]) -> set[str]:
    """The names in a row that are no columns of the import."""
    return set(item.content or {}) - set(columns)
