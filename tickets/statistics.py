"""A counted share and its confidence interval. Pure: no numerics are loaded for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)
MIN_SHARE_COUNT = 5  # below, no share is said
SMALL_GROUP_SIZE = 30  # below, it is said that the group is small
TIE_FACTOR = 1 + 1e-7  # tables that differ by rounding alone are equally likely
NEGLIGIBLE_WEIGHT = 1e-17


@dataclass(frozen=True)
class Share:
    """A share: ``count`` out of ``of``, with its Wilson interval from ``low`` to ``high``."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def enough(self) -> bool:
        return self.of >= MIN_SHARE_COUNT

    @property
    def small(self) -> bool:
        return self.of < SMALL_GROUP_SIZE

    @property
    def low(self) -> float:
        return compute_wilson_interval(self.count, self.of)[0]

    @property
    def high(self) -> float:
        return compute_wilson_interval(self.count, self.of)[1]

    def subtract_part(self, part: Share) -> Share:
        """The share that is left when ``part`` is taken out of this one."""
        return Share(self.count - part.count, self.of - part.of)


def compute_wilson_interval(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of Wilson 1927 for a share, 95 % by default.

    (0, 1) where nothing was counted.
    """
    if not of:
        return 0.0, 1.0
    rate, weight = count / of, z * z / of
    middle = (rate + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(rate * (1 - rate) / of + weight / (4 * of))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return low, 1.0 if count == of else min(1.0, middle + half)


def compute_difference_interval(one: Share, other: Share) -> tuple[float, float]:
    """The 95 % interval of ``one.rate - other.rate``: Newcombe 1998, method 10 (Wilson)."""
    gap = one.rate - other.rate
    down = math.hypot(one.rate - one.low, other.high - other.rate)
    up = math.hypot(one.high - one.rate, other.rate - other.low)
    return gap - down, gap + up


def compute_fisher_p_value(one: Share, other: Share) -> float:
    """Fisher's exact test, two-sided: how likely a table no likelier than this one is by chance."""
    wrong, whole = one.count + other.count, one.of + other.of
    likely = dict(_iter_table_weights(one.of, wrong, whole))
    here = likely.get(one.count, 0.0)
    return min(
        1.0, sum(p for p in likely.values() if p <= here * TIE_FACTOR) / sum(likely.values())
    )


def _iter_table_weights(drawn: int, wrong: int, whole: int) -> Iterator[tuple[int, float]]:
    """The hypergeometric weights, the likeliest as 1, outwards until they no longer count."""
    least, most = max(0, drawn + wrong - whole), min(drawn, wrong)
    mode = min(most, max(least, (drawn + 1) * (wrong + 1) // (whole + 2)))

    def compute_odds(count: int) -> float:
        """Of ``count`` + 1 against ``count``."""
        right = whole - wrong - drawn + count + 1
        return (wrong - count) * (drawn - count) / ((count + 1) * right)

    yield mode, 1.0
    for step, end in ((1, most), (-1, least)):
        weight, count = 1.0, mode
        while count != end and weight > NEGLIGIBLE_WEIGHT:
            weight = weight * compute_odds(count) if step == 1 else weight / compute_odds(count - 1)
            count += step
            yield count, weight


def adjust_p_values(chances: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, in the same order: Holm 1979."""
    corrected, highest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - rank)))
        corrected[place] = highest
    return corrected
