"""Scores of different kinds made one: each as its distance from the mean of this query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

DENSE_SHARE = 0.65  # of words and meaning
LATE_SHARE = 0.3  # of the reranked score, among the candidates alone
HEAD_SHARE = 0.35  # of words and meaning together, what the label and the subject find alone
WINDOW_SHARE = 0.35  # of words and meaning together, for a long text


def standardize_scores(scores: Scores) -> Scores:
    """Scores of mean 0 and deviation 1, shape (n,); zeros where all are the same."""
    spread = scores.std() if len(scores) else 0.0
    if spread < 1e-9:
        return np.zeros(len(scores), np.float32)
    z: Scores = (scores - scores.mean()) / spread
    return z


def mix_scores(one: Scores, other: Scores, share: float) -> Scores:
    """The sum of both scores standardised, ``other`` with this share, shape (n,)."""
    total: Scores = (1 - share) * standardize_scores(one) + share * standardize_scores(other)
    return total
