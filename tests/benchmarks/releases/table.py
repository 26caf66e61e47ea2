"""The releases as a Markdown page: a line a figure, the newest release first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.benchmarks.releases.figures import FIGURES, Figure
from tests.benchmarks.releases.rows import Release, format_number

MAX_COLUMNS: Final = 6
TITLE: Final = """\
# How fast each release was

`make bench` writes this page, `releases.csv` and `releases.svg`. In brackets stands how many
yardsticks a time took: the bundled writer writing 100 tokens from the same prompt on one thread,
timed in the same run. Of tickets a minute it is what one of them took.
"""


def render_table(releases: Sequence[Release]) -> str:
    """The whole page, with the latest releases; the file has all of them."""
    if not releases:
        return f"{TITLE}\nNo release was measured yet.\n"
    shown = list(reversed(releases))[:MAX_COLUMNS]
    lines = "\n".join(_iter_table_lines(shown))
    return f"{TITLE}\n![Times and memory by release](releases.svg)\n\n{lines}\n"


def _iter_table_lines(shown: Sequence[Release]) -> Iterator[str]:
    yield _join_cells("", *(f"{release.commit}, {release.date}" for release in shown))
    yield "|---|" + "---|" * len(shown)
    yield _join_cells("machine", *(release.machine for release in shown))
    yield _join_cells("workers", *(str(release.workers) for release in shown))
    yield _join_cells("yardstick", *(f"{format_number(r.yardstick_ms)} ms" for r in shown))
    for figure in FIGURES:
        yield _join_cells(figure.name, *(format_figure(figure, release) for release in shown))


def _join_cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def format_figure(figure: Figure, release: Release) -> str:
    """The figure with its unit and, of a time, its ratio; a dash where it was not measured."""
    value = release.values.get(figure.name)
    if value is None:
        return "–"
    ratio = release.get_ratio(figure)
    said = f"{format_number(value)} {figure.unit}".strip()
    return said if ratio is None else f"{said} ({format_number(ratio)})"
