"""The releases as a small SVG: a panel for each group of figures, over the releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from tests.benchmarks.releases.figures import FIGURES, WORK, Figure
from tests.benchmarks.releases.rows import Release, format_number

ACROSS: Final = 3
WIDE, HIGH, EDGE, LEGEND = 250, 130, 18, 96
COLOURS: Final = ("#0b5ed7", "#b02a37", "#146c43")


class Curve(NamedTuple):
    """A figure's values by the number of the release that has it."""

    figure: Figure
    points: list[tuple[int, float]]


def render_chart(releases: Sequence[Release]) -> str:
    """The whole SVG: times in yardsticks, memory in MB. Counts are held by tests, not drawn."""
    groups = [
        [_build_curve(figure, releases) for figure in figures]
        for _, figures in groupby(FIGURES, key=lambda figure: figure.group)
    ]
    drawn = [curves for curves in groups if curves[0].figure.part not in WORK]
    panels = "".join(
        f'<g transform="translate({number % ACROSS * WIDE} {number // ACROSS * HIGH})">'
        f"{_render_panel(curves, len(releases))}</g>\n"
        for number, curves in enumerate(drawn)
    )
    wide, high = ACROSS * WIDE, -(-len(drawn) // ACROSS) * HIGH
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        'aria-label="Times in yardsticks and memory in MB, by release" '
        f'font-family="sans-serif" font-size="10"><rect width="{wide}" height="{high}" '
        f'fill="#fff"/>\n{panels}</svg>\n'
    )


def _build_curve(figure: Figure, releases: Sequence[Release]) -> Curve:
    found = [
        (number, value)
        for number, release in enumerate(releases)
        if (value := release.get_ratio(figure) or release.values.get(figure.name)) is not None
    ]
    return Curve(figure, found)


def _render_panel(curves: Sequence[Curve], count: int) -> str:
    most = max((value for curve in curves for _, value in curve.points), default=0)
    unit = curves[0].figure.unit if curves[0].figure.group == "memory" else "yardsticks"
    return (
        f'<text x="{EDGE}" y="14" font-weight="bold">{curves[0].figure.group}, {unit}</text>'
        f'<path d="M{EDGE} {HIGH - EDGE}H{WIDE - LEGEND}" stroke="#6c757d"/>'
        f"{''.join(_iter_curves(curves, count, most))}"
    )


def _iter_curves(curves: Sequence[Curve], count: int, most: float) -> Iterator[str]:
    """The lines of a panel, each with its last value in its colour beside it."""
    for number, ((figure, points), colour) in enumerate(zip(curves, COLOURS, strict=False)):
        if not points:
            continue
        placed = [_place_point(at, value, count, most) for at, value in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<circle cx="{placed[-1][0]:.1f}" cy="{placed[-1][1]:.1f}" r="2.5" fill="{colour}"/>'
        label = f"{figure.part} {format_number(points[-1][1])}".strip()
        yield (
            f'<text x="{WIDE - LEGEND + 8}" y="{38 + 16 * number}" fill="{colour}">{label}</text>'
        )


def _place_point(at: int, value: float, count: int, most: float) -> tuple[float, float]:
    """Where it lies in its panel; the axis is 0, the panel's top its largest value."""
    across = at / (count - 1) if count > 1 else 0.5
    up = value / most if most else 0
    return EDGE + across * (WIDE - LEGEND - EDGE - 6), HIGH - EDGE - up * (HIGH - EDGE - 26)
