"""Training the head: logistic regression, a temperature, and a threshold that keeps a promise.

Confidence is calibrated by temperature scaling (Guo et al. 2017, arXiv 1706.04599) on
out-of-fold predictions. The threshold is the lowest whose error, by the one-sided
Clopper-Pearson bound, stays below what the promise allows, tested from strict to
lenient and stopped at the first failure (fixed-sequence testing, Angelopoulos et al.
2021, arXiv 2110.01052).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.engines.encoder import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
STRENGTH = 10  # inverse regularization; 10 and 30 differ by less than the folds do
START = 0.3  # the share of texts the strictest threshold tested lets through
STEPS = 15


def fit(
    vectors: NDArray[np.float32], labels: Sequence[str], *, target: float, seed: int = 7
) -> tuple[Head, Mapping[str, Any]]:
    """A head and its report from vectors (n, 384) and n labels ("" for none of ours).

    The figures of the report are out of fold: each text was judged by a model that
    had not seen it. Raises ValueError where a label has fewer examples than folds.
    """
    names = sorted(set(labels))
    truth = np.array([names.index(label) for label in labels])
    if np.bincount(truth).min() < FOLDS:
        short = names[int(np.bincount(truth).argmin())] or "none of ours"
        raise ValueError(f"“{short}” has too few examples: give every intent at least {FOLDS}.")
    logits = _out_of_fold(vectors, truth, seed)
    temperature = _temperature(logits, truth)
    shares = _softmax(logits / temperature)
    weights, bias = _fitted(vectors, truth)
    promise = _promise_of(shares, truth, names, target)
    head = Head(
        labels=tuple(names),
        weights=weights,
        bias=bias,
        temperature=temperature,
        promise=promise,
    )
    return head, _report(shares, truth, promise)


def _promise_of(shares: Any, truth: Any, names: list[str], target: float) -> dict[str, Any]:
    """Over the labels that would be given: "none of ours" is right often, and gives none."""
    guess = shares.argmax(axis=1)
    given = np.array([bool(names[label]) for label in guess])
    promise = promised(shares.max(axis=1)[given], (guess == truth)[given], target)
    coverage = round(promise["coverage"] * float(given.mean()), 4)
    sentence = _sentence(target, coverage, len(truth))
    return {**promise, "coverage": coverage, "examples": len(truth), "sentence": sentence}


def _fitted(vectors: Any, truth: Any) -> tuple[Any, Any]:
    """Weights (labels, 384) and bias (labels,) of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(vectors, truth)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(weights) == 1:  # of two labels only the second is modelled: the first is its zero
        weights, bias = np.vstack([0 * weights, weights]), np.append(np.float32(0), bias)
    return weights, bias


def _out_of_fold(vectors: NDArray[np.float32], truth: Any, seed: int) -> Any:
    """Logits of shape (n, labels), each row from a model fitted without it."""
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(truth), truth.max() + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for train, held in folds.split(vectors, truth):
        weights, bias = _fitted(vectors[train], truth[train])
        logits[held] = vectors[held] @ weights.T + bias
    return logits


def _temperature(logits: Any, truth: Any) -> float:
    """The divisor of the logits with the least negative log-likelihood."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(truth))

    def loss(log_t: float) -> float:
        shares = _softmax(logits / np.exp(log_t))
        return float(-np.log(shares[rows, truth] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _softmax(logits: Any) -> Any:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def promised(confidence: Any, right: Any, target: float, *, risk: float = 0.1) -> dict[str, Any]:
    """The threshold that keeps "``target`` of the labels given are right".

    Holds with probability 1 - ``risk`` over the draw of the examples. Without enough
    evidence ``valid`` is False and the threshold is 1: no label is given by itself.
    """
    order = np.argsort(-confidence)
    threshold, coverage = 1.0, 0.0
    for share in np.linspace(START, 1.0, STEPS):
        count = max(1, round(share * len(order)))
        wrong = int((~right[order[:count]]).sum())
        if _upper_bound(wrong, count, risk) > 1 - target:
            break
        threshold, coverage = float(confidence[order[count - 1]]), count / len(order)
    return {
        "target": target,
        "threshold": round(threshold, 4),
        "coverage": round(coverage, 4),
        "examples": len(order),
        "valid": coverage > 0,
        "sentence": _sentence(target, coverage, len(order)),
    }


def _upper_bound(wrong: int, count: int, risk: float) -> float:
    """The one-sided Clopper-Pearson bound of an error rate."""
    from scipy.stats import beta

    return float(beta.ppf(1 - risk, wrong + 1, count - wrong)) if wrong < count else 1.0


def _sentence(target: float, coverage: float, examples: int) -> str:
    share = f"{target:.0%}"
    if not coverage:
        return f"{share} right cannot be promised yet from {examples} examples: label more."
    return (
        f"{share} of the labels given are right, by the {examples} examples; "
        f"{coverage:.0%} of such messages get one."
    )


def _report(shares: Any, truth: Any, promise: Mapping[str, Any]) -> dict[str, Any]:
    right = shares.argmax(axis=1) == truth
    return {
        "examples": len(truth),
        "accuracy": round(float(right.mean()), 4),
        "calibration_error": round(_calibration_error(shares.max(axis=1), right), 4),
        "coverage": promise["coverage"],
    }


def _calibration_error(confidence: Any, right: Any, bins: int = 15) -> float:
    """Expected calibration error: |confidence - accuracy| over equal-width bins."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).sum()
        for b in np.unique(which)
    ]
    return float(sum(gaps) / len(confidence))
