"""The loss curve as a small SVG, drawn from its CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

WIDE, HIGH, EDGE = 640, 240, 36
SMOOTHING: Final = 0.9


def write_chart(source: Path, target: Path) -> None:
    """Draw rows of (step, tokens, seconds, loss); nothing with fewer than two."""
    with source.open(newline="") as file:
        rows = [(float(tokens), float(loss)) for _, tokens, _, loss in csv.reader(file)]
    if len(rows) > 1:
        target.write_text(_render_svg(_smooth_losses(rows)), "utf-8")


def _smooth_losses(rows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Exponential moving average of the losses."""
    smoothed, level = [], rows[0][1]
    for tokens, loss in rows:
        level = SMOOTHING * level + (1 - SMOOTHING) * loss
        smoothed.append((tokens, level))
    return smoothed


def _render_svg(rows: list[tuple[float, float]]) -> str:
    furthest, highest = rows[-1][0], max(loss for _, loss in rows)
    points = " ".join(
        f"{EDGE + tokens / furthest * (WIDE - 2 * EDGE):.1f},"
        f"{HIGH - EDGE - loss / highest * (HIGH - 2 * EDGE):.1f}"
        for tokens, loss in rows
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}"
 role="img" aria-label="Training loss over tokens seen" font-family="sans-serif"
 font-size="12"><rect width="{WIDE}" height="{HIGH}" fill="#fff"/>
<polyline points="{points}" fill="none" stroke="#0b5ed7" stroke-width="2"/>
<text x="{EDGE}" y="{EDGE - 12}">loss {highest:.2f} at the start</text>
<text x="{WIDE - EDGE}" y="{HIGH - 12}" text-anchor="end">{rows[-1][1]:.3f}
 after {furthest / 1e6:.1f} million tokens</text></svg>
"""
