"""Is a text none of ours? A logistic regression over how sure and how near the intents are.

It is trained on intents held out in turn: a text of an intent the machines were not shown is
a stranger to them, and a near one. Texts people named none of ours count as strangers too,
and so do general texts that come with the project, so that chatter and noise are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier.calibration import log_odds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Numbers = NDArray[np.float64]

SIGNS = ("log-odds of the top label", "cosine to the nearest", "cosine to the third-nearest")
GENERAL = 0.1  # what the project's own texts count beside the other strangers
CAUGHT = 0.85  # of the strangers a person named, so many shall be turned away
LEAST_LOST, MOST_LOST = 0.01, 0.05  # of ours, out of fold, at least and at most so many are
ENOUGH = 90  # named strangers, three rounds of thirty, to go by them


@dataclass(frozen=True)
class Detector:
    """``weights`` (3,) and ``bias`` over the signs; at ``threshold`` and above it is none of ours."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def scores(self, signs: Numbers) -> Numbers:
        """The probability of none of ours, as likely as not beforehand: shape (n,)."""
        return np.asarray(1 / (1 + np.exp(-(signs @ np.array(self.weights) + self.bias))))


NO_DETECTOR = Detector((0.0, 0.0, 0.0), -20.0, 1.0)


def signs(shares: Any, cosines: Matrix) -> Numbers:
    """The three signs of n texts from log-shares (n, labels) and cosines to the examples (n, m)."""
    near = min(3, cosines.shape[1])
    nearest = -np.sort(np.partition(-cosines, near - 1, axis=1)[:, :near], axis=1)
    return np.column_stack([log_odds(shares), nearest[:, 0], nearest[:, -1]])


def fitted(ours: Numbers, *, named: Numbers, held: Numbers, general: Numbers) -> Detector:
    """A detector from the signs (n, 3) of texts of ours and of three kinds of strangers.

    ``named`` are those a person called none of ours, ``held`` those of intents held out,
    ``general`` the project's own. Named and held ones together count as much as ours.
    """
    from sklearn.linear_model import LogisticRegression

    kinds = (ours, held, named, general)
    rows = np.concatenate(kinds)
    if len(rows) == len(ours):
        return NO_DETECTOR
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1000).fit(
        (rows - middle) / spread, np.arange(len(rows)) >= len(ours), sample_weight=_shared(kinds)
    )
    weights = model.coef_[0] / spread
    raw = Detector(tuple(weights.tolist()), float(model.intercept_[0] - middle @ weights), 1.0)
    return replace(raw, threshold=_threshold(raw.scores(ours), raw.scores(named)))


def _shared(kinds: Sequence[Numbers]) -> Numbers:
    """The weight of each row: a kind counts by its weight, not by how many texts it has."""
    total = len(kinds[0])
    parts = (1.0, *(0.5 if len(kinds[2]) else 1.0, 0.5), GENERAL)
    return np.concatenate(
        [
            np.full(len(kind), total * part / max(1, len(kind)))
            for kind, part in zip(kinds, parts, strict=True)
        ]
    )


def _threshold(ours: Numbers, named: Numbers) -> float:
    """So low that most strangers a person named are caught, within what may be lost of ours."""
    strict, lenient = np.quantile(ours, [1 - MOST_LOST, 1 - LEAST_LOST])
    if len(named) < ENOUGH:
        return float(strict)
    return float(np.clip(np.quantile(named, 1 - CAUGHT), strict, lenient))


@cache
def general() -> tuple[str, ...]:
    """Texts of many kinds that a support desk's intents do not mean: small talk, errands, noise."""
    return tuple((Path(__file__).parent / "background.txt").read_text("utf-8").splitlines())
