"""The files of the releases beside this one, written together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.releases.chart import render_chart
from tests.benchmarks.releases.rows import Release, format_csv, parse_csv
from tests.benchmarks.releases.table import render_table

HERE = Path(__file__).resolve().parent
ROWS = "releases.csv"


def write_releases(releases: Sequence[Release], folder: Path = HERE) -> None:
    """Write the rows, and the page and the chart that show them, from numbers as they are kept:
    so that writing them once more changes nothing.
    """
    releases = parse_csv(format_csv(releases))
    (folder / ROWS).write_text(format_csv(releases), "utf-8")
    (folder / "releases.md").write_text(render_table(releases), "utf-8")
    (folder / "releases.svg").write_text(render_chart(releases), "utf-8")
