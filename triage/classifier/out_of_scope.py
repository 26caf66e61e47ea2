"""Is a text out of scope? A logistic regression over how sure and how near the intents are.

It is trained on intents held out in turn: a text of an intent the machines were not shown is
out of scope for them, and a near one. Texts people named out of scope count too, and so do
general texts that come with the project, so that chatter and noise are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier.calibration import compute_log_odds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Numbers = NDArray[np.float64]

SIGN_NAMES = ("log-odds of the top label", "cosine to the nearest", "cosine to the third-nearest")
BACKGROUND_WEIGHT = 0.1  # what the project's own texts count beside the other strangers
MIN_CAUGHT_SHARE = 0.85  # of the strangers a person named, so many shall be turned away
MIN_LOST_SHARE, MAX_LOST_SHARE = (
    0.01,
    0.05,
)  # of ours, out of fold, at least and at most so many are
MIN_NAMED_ROWS = 90  # named strangers, three rounds of thirty, to go by them


@dataclass(frozen=True)
class OutOfScopeDetector:
    """``weights`` (3,) and ``bias`` over the signs; from ``threshold`` on it is none of ours."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def compute_probabilities(self, signs: Numbers) -> Numbers:
        """The probability that a text is out of scope, even odds beforehand: shape (n,)."""
        return np.asarray(1 / (1 + np.exp(-(signs @ np.array(self.weights) + self.bias))))


NO_DETECTOR = OutOfScopeDetector((0.0, 0.0, 0.0), -20.0, 1.0)


def compute_signs(shares: Any, cosines: Matrix) -> Numbers:
    """The three signs of n texts from log-shares (n, labels) and cosines to the examples (n, m)."""
    near = min(3, cosines.shape[1])
    nearest = -np.sort(np.partition(-cosines, near - 1, axis=1)[:, :near], axis=1)
    return np.column_stack([compute_log_odds(shares), nearest[:, 0], nearest[:, -1]])


def fit_detector(
    ours: Numbers, *, named: Numbers, held: Numbers, general: Numbers
) -> OutOfScopeDetector:
    """A detector from the signs (n, 3) of texts in scope and of three kinds out of scope.

    ``named`` are those a person called out of scope, ``held`` those of intents held out,
    ``general`` the project's own. Named and held ones together count as much as ours.
    """
    from sklearn.linear_model import LogisticRegression

    kinds = (ours, held, named, general)
    rows = np.concatenate(kinds)
    if len(rows) == len(ours):
        return NO_DETECTOR
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1000).fit(
        (rows - middle) / spread,
        np.arange(len(rows)) >= len(ours),
        sample_weight=_weigh_rows(kinds),
    )
    weights = model.coef_[0] / spread
    raw = OutOfScopeDetector(
        tuple(weights.tolist()), float(model.intercept_[0] - middle @ weights), 1.0
    )
    return replace(
        raw,
        threshold=_choose_threshold(
            raw.compute_probabilities(ours), raw.compute_probabilities(named)
        ),
    )


def _weigh_rows(kinds: Sequence[Numbers]) -> Numbers:
    """The weight of each row: a kind counts by its weight, not by how many texts it has."""
    total = len(kinds[0])
    parts = (1.0, *(0.5 if len(kinds[2]) else 1.0, 0.5), BACKGROUND_WEIGHT)
    return np.concatenate(
        [
            np.full(len(kind), total * part / max(1, len(kind)))
            for kind, part in zip(kinds, parts, strict=True)
        ]
    )


def _choose_threshold(ours: Numbers, named: Numbers) -> float:
    """The threshold that catches most named out-of-scope texts.

    At most ``MAX_LOST_SHARE`` of texts in scope may be lost by it.
    """
    strict, lenient = np.quantile(ours, [1 - MAX_LOST_SHARE, 1 - MIN_LOST_SHARE])
    if len(named) < MIN_NAMED_ROWS:
        return float(strict)
    return float(np.clip(np.quantile(named, 1 - MIN_CAUGHT_SHARE), strict, lenient))


@cache
def load_background_texts() -> tuple[str, ...]:
    """Texts of many kinds that no support desk's intents mean: small talk, errands, noise."""
    return tuple((Path(__file__).parent / "background.txt").read_text("utf-8").splitlines())
