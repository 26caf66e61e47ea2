"""From scores to chances that hold: temperature and Platt scaling, and how far they are off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

BIN_COUNT = 15


def compute_log_shares(scores: Any, temperature: float) -> Any:
    """The logarithm of the softmax of scores / temperature, row by row."""
    scaled = np.asarray(scores, np.float64) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def fit_temperature(scores: Any, truth: Places) -> float:
    """The divisor of the scores with the least negative log-likelihood (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    known = np.flatnonzero(truth >= 0)

    def compute_loss(log_t: float) -> float:
        return float(
            -compute_log_shares(scores[known], np.exp(log_t))[
                np.arange(len(known)), truth[known]
            ].mean()
        )

    return float(np.exp(minimize_scalar(compute_loss, bounds=(-5, 3), method="bounded").x))


def fit_platt_scaling(shares: Any, truth: Places) -> tuple[float, float]:
    """Slope and offset that turn the log-odds of the top share into those of being right.

    Platt 1999, on the top label as in Gupta and Ramdas 2022, arXiv 2107.08353: mislabelled
    examples keep the surest from being as right as a temperature alone would have them.
    """
    from sklearn.linear_model import LogisticRegression

    known = truth >= 0
    right = shares[known].argmax(axis=1) == truth[known]
    if right.all() or not right.any():
        return 1.0, 0.0
    model = LogisticRegression().fit(compute_log_odds(shares[known])[:, None], right)
    return max(0.1, float(model.coef_[0, 0])), float(model.intercept_[0])


def calibrate_confidence(shares: Any, slope: float, offset: float) -> Any:
    """The probability (n,) that the top label is right, from log-shares (n, labels)."""
    return 1 / (1 + np.exp(-(slope * compute_log_odds(shares) + offset)))


def compute_log_odds(shares: Any) -> Any:
    """The log-odds (n,) of the top share of each row, from log-shares (n, labels)."""
    top = np.clip(np.exp(shares.max(axis=1)), 1e-6, 1 - 1e-6)
    return np.log(top / (1 - top))


def compute_calibration_error(confidence: Any, right: Any) -> float:
    """Expected calibration error: |confidence - accuracy| over 15 bins of equal width."""
    which = np.minimum((confidence * BIN_COUNT).astype(int), BIN_COUNT - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).sum()
        for b in np.unique(which)
    ]
    return float(sum(gaps) / len(confidence))
