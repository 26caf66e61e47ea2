"""A counted share and how far it can be trusted. Pure: no numerics are loaded for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
FEWEST = 5  # below, no share is said
SMALL = 30  # below, it is said that the group is small


@dataclass(frozen=True)
class Share:
    """``count`` of ``of``."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def enough(self) -> bool:
        return self.of >= FEWEST

    @property
    def small(self) -> bool:
        return self.of < SMALL

    @property
    def low(self) -> float:
        return wilson(self.count, self.of)[0]

    @property
    def high(self) -> float:
        return wilson(self.count, self.of)[1]

    def without(self, part: Share) -> Share:
        """The rest of a whole."""
        return Share(self.count - part.count, self.of - part.of)


def wilson(count: int, of: int, z: float = Z) -> tuple[float, float]:
    """The interval of Wilson 1927 for a share, 95 % by default; (0, 1) where nothing was counted."""
    if not of:
        return 0.0, 1.0
    rate, weight = count / of, z * z / of
    middle = (rate + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(rate * (1 - rate) / of + weight / (4 * of))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return low, 1.0 if count == of else min(1.0, middle + half)
