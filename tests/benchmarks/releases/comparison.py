"""What became slower, or takes more, from one release to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.benchmarks.releases.figures import FIGURES, Figure, Kind
from tests.benchmarks.releases.rows import Release, format_number

MIN_GROWTH: Final = 1.2  # a fifth more


def list_slides(before: Release, now: Release) -> list[str]:
    """A sentence for each figure that grew by a fifth or more, times by their ratio to the
    yardstick; and one where these cannot be compared.
    """
    slides = list(_iter_amount_slides(before, now))
    if before.yardstick != now.yardstick:
        return [*slides, f"The yardstick is another than at {before.commit}: compare by hand."]
    return [*_iter_time_slides(before, now), *slides]


def _iter_time_slides(before: Release, now: Release) -> Iterator[str]:
    for figure in FIGURES:
        was, got = before.get_ratio(figure), now.get_ratio(figure)
        if was is not None and got is not None and has_grown(was, got):
            yield (
                f"{_describe_time(figure)} got slower: {got / was:.2f} times as long as at "
                f"{before.commit} ({format_number(was)} → {format_number(got)} yardsticks)."
            )


def _describe_time(figure: Figure) -> str:
    return "A ticket by all workers" if figure.kind == Kind.RATE else figure.name.capitalize()


def _iter_amount_slides(before: Release, now: Release) -> Iterator[str]:
    for figure in FIGURES:
        if figure.kind != Kind.AMOUNT:
            continue
        was, got = before.values.get(figure.name), now.values.get(figure.name)
        if was is not None and got is not None and has_grown(was, got):
            sizes = f"{format_number(was)} → {format_number(got)} {figure.unit}".strip()
            yield f"{figure.name.capitalize()} grew since {before.commit}: {sizes}."


def has_grown(was: float, got: float) -> bool:
    """Whether it is a fifth more at least."""
    return got > was and got >= MIN_GROWTH * was
