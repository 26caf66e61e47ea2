"""How far a counted share can be trusted. Pure: web pages ask it, and load no numerics for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tickets.shares import FEWEST, SMALL, Share, Z, wilson

__all__ = ["FEWEST", "SMALL", "Share", "Z", "difference", "fisher", "holm", "wilson"]

TIE = 1 + 1e-7  # tables that differ by rounding alone are equally likely
NEGLIGIBLE = 1e-17


def difference(one: Share, other: Share) -> tuple[float, float]:
    """The 95 % interval of ``one.rate - other.rate``: Newcombe 1998, method 10 (Wilson's scores)."""
    gap = one.rate - other.rate
    down = math.hypot(one.rate - one.low, other.high - other.rate)
    up = math.hypot(one.high - one.rate, other.rate - other.low)
    return gap - down, gap + up


def fisher(one: Share, other: Share) -> float:
    """Fisher's exact test, two-sided: how likely a table no likelier than this one is by chance."""
    wrong, whole = one.count + other.count, one.of + other.of
    likely = dict(_tables(one.of, wrong, whole))
    here = likely.get(one.count, 0.0)
    return min(1.0, sum(p for p in likely.values() if p <= here * TIE) / sum(likely.values()))


def _tables(drawn: int, wrong: int, whole: int) -> Iterator[tuple[int, float]]:
    """The hypergeometric weights, the likeliest as 1, outwards until they no longer count."""
    least, most = max(0, drawn + wrong - whole), min(drawn, wrong)
    mode = min(most, max(least, (drawn + 1) * (wrong + 1) // (whole + 2)))

    def odds(count: int) -> float:
        """Of ``count`` + 1 against ``count``."""
        right = whole - wrong - drawn + count + 1
        return (wrong - count) * (drawn - count) / ((count + 1) * right)

    yield mode, 1.0
    for step, end in ((1, most), (-1, least)):
        weight, count = 1.0, mode
        while count != end and weight > NEGLIGIBLE:
            weight = weight * odds(count) if step == 1 else weight / odds(count - 1)
            count += step
            yield count, weight


def holm(chances: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, in the same order: Holm 1979."""
    corrected, highest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - rank)))
        corrected[place] = highest
    return corrected
