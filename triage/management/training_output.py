"""What the commands that train bundled models write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from triage.inference.registry import pinned

WEIGHTS = Path(pinned.HERE) / "weights"


def format_figure(figure: Any) -> str:
    """A figure as text: a share with its interval, or the plain value."""
    if not isinstance(figure, Mapping):
        return str(figure)
    return f"{figure['share']:.1%} of {figure['of']} ({figure['from']:.1%} to {figure['to']:.1%})"


def iter_report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The figures of a report, or of each part of one, a line each."""
    for name, figures in report.items():
        if isinstance(figures, Mapping) and "share" not in figures:
            yield f"{name}:"
            yield from (f"  {what}: {format_figure(figure)}" for what, figure in figures.items())
        else:
            yield f"  {name}: {format_figure(figures)}"


def format_digest(target: Path) -> str:
    """What has to be done with a file that was written."""
    return (
        f"{target}\nsha256 {pinned.hash_file(target)}\nPut the digest into "
        "triage/inference/registry/roster.toml: a file with another one is refused."
    )
