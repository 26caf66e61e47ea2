"""CSV as spreadsheets write it: their separators, their first line, their empty columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.core.management.base import CommandError

from tickets.intake.files.loop import Item, RowItem
from tickets.intake.files.text_lines import LineTooLong, find_text_problem

MAX_CELL_CHARS = 10 * 1024 * 1024
DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\W*', re.IGNORECASE)
NAME_BLANKS = re.compile(r"[\s-]+")
UNCLOSED_QUOTE = "look for a quote that is not closed; nothing after it was read"


class _CountedLines:
    """Lines with the number of those that were taken so far."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.taken = lines, 0

    def __iter__(self) -> _CountedLines:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken += 1
        return line


def read_csv(lines: Iterator[str], path: Path, columns: list[str]) -> Iterator[RowItem]:
    """Each row with its place, by the names in the first line. Raises CommandError.

    ``columns`` are the names that mean something.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    counted = _CountedLines(lines)
    rows, names = _read_header(counted, path, columns)
    while True:
        place = f"{path}:{counted.taken + 1}"
        try:
            cells = next(rows)
        except StopIteration:
            return
        except LineTooLong as error:
            yield Item(place, problem=str(error), is_cells=True)
            return
        except csv.Error as error:
            yield Item(place, problem=_describe_csv_error(error), is_cells=True)
            if _is_unclosed(error):
                return
            continue
        if any(cell.strip() for cell in cells):
            yield _build_row(cells, names, place)


def _read_header(
    lines: _CountedLines, path: Path, columns: list[str]
) -> tuple[Iterator[list[str]], list[str]]:
    """The rows below the header, and its names. Raises CommandError."""
    try:
        head, delimiter = _read_first_line(lines)
        delimiter = delimiter or _guess_delimiter(head, columns)
        place = f"{path}:{lines.taken}"
        rows = csv.reader(
            chain([head], lines), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        return rows, _parse_header(next(rows), place, columns)
    except (LineTooLong, csv.Error) as error:
        told = _describe_csv_error(error) if isinstance(error, csv.Error) else error
        raise CommandError(f"{path}: the first line cannot be read: {told}.") from error
    except StopIteration:
        raise CommandError(f"{path} is empty.") from None


def _read_first_line(lines: Iterator[str]) -> tuple[str, str]:
    """The first line that names columns, and the delimiter if one above it says so (``sep=;``)."""
    delimiter = ""
    for line in lines:
        if found := SEPARATOR_LINE.fullmatch(line.strip("\r\n")):
            delimiter = found[1]
        elif line.strip():
            return line, delimiter
    raise StopIteration


def _guess_delimiter(head: str, columns: list[str]) -> str:
    """The delimiter that gives most names that are known, or of which there are most.

    Spreadsheets write the list separator of their country.
    """
    known = set(columns)

    def count_names(delimiter: str) -> tuple[int, int]:
        names = [_normalize_name(cell.strip().strip('"')) for cell in head.split(delimiter)]
        return len(known.intersection(names)), len(names)

    return max(DELIMITERS, key=count_names)


def _normalize_name(cell: str) -> str:
    """``Unit Price`` is unit_price."""
    return NAME_BLANKS.sub("_", cell.strip().lower())


def _parse_header(cells: list[str], place: str, columns: list[str]) -> list[str]:
    """The names of the columns, "" for one without. Raises CommandError if none is known or one
    is there twice.
    """
    names = [_normalize_name(cell) for cell in cells]
    if problem := next(filter(None, map(find_text_problem, names)), ""):
        raise CommandError(f"{place}: the first line {problem}.")
    if not set(names) & set(columns):
        raise CommandError(
            f"{place}: no known column in the first line: it must name them,"
            f" from {', '.join(columns)}."
        )
    twice = next((name for name in names if name and names.count(name) > 1), "")
    if twice:
        raise CommandError(f"{place}: the column {twice!r} is named twice: give each its own name.")
    return names


def _build_row(cells: list[str], names: list[str], place: str) -> RowItem:
    """The named cells; a cell more or less, or one without a name, is a problem."""
    content = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    return Item(place, content, _find_row_problem(cells, names), is_cells=True)


def _find_row_problem(cells: list[str], names: list[str]) -> str:
    least = max(number for number, name in enumerate(names, 1) if name)
    surplus = any(cell.strip() for cell in cells[len(names) :])
    if surplus or len(cells) < least:
        return (
            f"the row has {len(cells)} cells and the header {len(names)}:"
            " look for a missing or an unquoted comma"
        )
    for number, (cell, name) in enumerate(zip(cells, names, strict=False), 1):
        if problem := find_text_problem(cell):
            return f"{name or f'column {number}'} {problem}"
        if cell.strip() and not name and number > 1:  # the first may be a count of the rows
            return f"column {number} has {cell[:40]!r} in it and no name: name it, or empty it"
    return ""


def _is_unclosed(error: csv.Error) -> bool:
    return "field limit" in str(error) or "end of data" in str(error)


def _describe_csv_error(error: csv.Error) -> str:
    if _is_unclosed(error):
        return f"the row does not end: {UNCLOSED_QUOTE}"
    return f"the row is not CSV ({error}): look for a quote that is missing or not doubled"
