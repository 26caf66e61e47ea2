"""A release as a row of a CSV file: which code, on which machine, and its figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.releases.figures import FIGURES, Figure, Kind

HEAD: Final = ("commit", "date", "machine", "workers", "yardstick", "yardstick ms")


@dataclass(frozen=True, kw_only=True)
class Release:
    """The figures of one commit by name. ``yardstick`` says what was timed beside them, and
    ``yardstick_ms`` how long it took.
    """

    commit: str
    date: str
    machine: str
    workers: int
    yardstick: str
    yardstick_ms: float
    values: Mapping[str, float]

    def get_ratio(self, figure: Figure) -> float | None:
        """The figure in yardsticks; None for an amount and for what was not measured."""
        value = self.values.get(figure.name)
        return None if value is None else figure.compute_ratio(value, self.yardstick_ms)


def list_columns() -> list[str]:
    """The header of the file: each figure, and behind a time its ratio to the yardstick."""
    columns = list(HEAD)
    for figure in FIGURES:
        columns.append(f"{figure.name} {figure.unit}".strip())
        if figure.kind != Kind.AMOUNT:
            columns.append(f"{figure.name} ratio")
    return columns


def read_releases(file: Path) -> list[Release]:
    """The rows of the file, oldest first. A figure that a row lacks is lacking in its values."""
    return parse_csv(file.read_text("utf-8"))


def parse_csv(text: str) -> list[Release]:
    """The rows of a file's text, oldest first."""
    return [_parse_row(row) for row in csv.DictReader(io.StringIO(text))]


def _parse_row(row: Mapping[str, str]) -> Release:
    cells = {figure.name: row.get(f"{figure.name} {figure.unit}".strip()) for figure in FIGURES}
    return Release(
        commit=row["commit"],
        date=row["date"],
        machine=row["machine"],
        workers=int(row["workers"]),
        yardstick=row["yardstick"],
        yardstick_ms=float(row["yardstick ms"]),
        values={name: float(cell) for name, cell in cells.items() if cell},
    )


def format_csv(releases: Iterable[Release]) -> str:
    """The whole file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(list_columns())
    writer.writerows(map(_list_cells, releases))
    return text.getvalue()


def _list_cells(release: Release) -> list[str]:
    cells = [release.commit, release.date, release.machine, str(release.workers)]
    cells += [release.yardstick, format_number(release.yardstick_ms)]
    for figure in FIGURES:
        cells.append(format_number(release.values.get(figure.name)))
        if figure.kind != Kind.AMOUNT:
            cells.append(format_number(release.get_ratio(figure)))
    return cells


def format_number(value: float | None) -> str:
    """Four digits that count and never an exponent; empty for None."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def add_release(releases: Sequence[Release], new: Release) -> list[Release]:
    """The rows with the new one at the end, in place of an earlier one of the same commit."""
    return [*(old for old in releases if old.commit != new.commit), new]


def find_last(releases: Sequence[Release], new: Release) -> Release | None:
    """The last row of another commit: what the new one is compared with."""
    return next((old for old in reversed(releases) if old.commit != new.commit), None)
