"""Fitting the signals from their corpus, and what they are worth on other texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.classifier.calibration import compute_calibration_error
from triage.signals.encoded_text import Vectors
from triage.signals.linear_models import (
    MAIL,
    MOOD,
    URGENCY,
    Embed,
    Head,
    SignalModel,
    find_level,
    has_known_words,
)
from triage.signals.text_features import learn_terms
from triage.training.signal_corpus import SignalExample

FOLDS = 10
INVERSE_REGULARIZATION = 10  # inverse regularization; 3 and 30 differ by less than the folds do
MAX_FALSE_ALARMS = 0.002  # of the requests may be called unwanted: 1 in 200 is the most
Places = NDArray[np.int64]


def fit_model(
    said: Sequence[SignalExample],
    mail: Sequence[tuple[str, str]],
    embed: Embed,
    *,
    words: bool = True,
    seed: int = 7,
) -> tuple[SignalModel, Mapping[str, Any]]:
    """The model and its report; every figure is out of fold, on texts the judge had not seen.

    Without ``words`` it goes by the vectors alone, and so by meaning in any of their languages.
    """
    texts, letters = [each.text for each in said], [text for text, _ in mail]
    vectors, posted = embed(texts), embed(letters)
    urgency, urgency_shares = _fit_head(
        URGENCY, texts, vectors, [s.urgency for s in said], words, seed
    )
    mood, mood_shares = _fit_head(MOOD, texts, vectors, [s.mood for s in said], words, seed)
    post, post_shares = _fit_head(MAIL, letters, posted, [kind for _, kind in mail], words, seed)
    wanted = np.array([kind == MAIL[0] for _, kind in mail])
    unwanted = np.where(
        [has_known_words(post, text) for text in letters], 1 - post_shares[:, 0], 0.0
    )
    threshold = float(np.quantile(unwanted[wanted], 1 - MAX_FALSE_ALARMS))
    post = replace(post, threshold=threshold)
    report = {
        "urgency": _report_levels([URGENCY.index(s.urgency) for s in said], urgency_shares, calm=1),
        "mood": _report_levels([MOOD.index(s.mood) for s in said], mood_shares, calm=0),
        "mail": _report_mail(wanted, unwanted, threshold),
    }
    return SignalModel(urgency=urgency, mood=mood, mail=post), report


def _fit_head(
    labels: tuple[str, ...],
    texts: Sequence[str],
    vectors: Vectors,
    truth: Sequence[str],
    words: bool,
    seed: int,
) -> tuple[Head, Vectors]:
    """A head fitted on all rows, and calibrated out-of-fold probabilities (rows, labels)."""
    from sklearn.model_selection import StratifiedKFold

    places = np.array([labels.index(label) for label in truth])
    scores = np.zeros((len(texts), len(labels)), np.float32)
    for train, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(
        vectors, places
    ):
        shown = [texts[i] for i in train]
        part = _fit_regression(labels, shown, vectors[train], places[train], words)
        scores[held] = part.score_texts([texts[i] for i in held], vectors[held])
    temperature = _fit_temperature(scores, places)
    head = replace(_fit_regression(labels, texts, vectors, places, words), temperature=temperature)
    return head, _compute_softmax(scores / temperature)


def _fit_regression(
    labels: tuple[str, ...],
    texts: Sequence[str],
    vectors: Vectors,
    places: Places,
    with_words: bool,
) -> Head:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    words = learn_terms(texts if with_words else [])
    features = hstack([csr_matrix(vectors), words.build_matrix(texts)], format="csr")
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=2000).fit(features, places)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    return Head(labels=labels, words=words, weights=weights, bias=bias)


def _fit_temperature(scores: Vectors, truth: Places) -> float:
    """The divisor of the scores with the least negative log-likelihood."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(truth))

    def compute_loss(log_t: float) -> float:
        return float(-np.log(_compute_softmax(scores / np.exp(log_t))[rows, truth] + 1e-12).mean())

    return float(np.exp(minimize_scalar(compute_loss, bounds=(-3, 3), method="bounded").x))


def _compute_softmax(scores: Vectors) -> Vectors:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Vectors = odds / odds.sum(axis=1, keepdims=True)
    return found


def _report_levels(truth: Sequence[int], shares: Vectors, *, calm: int) -> dict[str, Any]:
    true, read = np.array(truth), np.array([find_level(row) for row in shares])
    top = shares.shape[1] - 1
    return {
        "accuracy": describe_share(read == true),
        "raised where it should be": describe_share(read[true > calm] > calm),
        "raised where it should not": describe_share(read[true <= calm] > calm),
        "highest where it should be": describe_share(read[true == top] == top),
        "highest where it should not": describe_share(read[true < top] == top),
        "calibration error": round(
            compute_calibration_error(shares.max(axis=1), shares.argmax(1) == true), 4
        ),
    }


def _report_mail(wanted: Any, unwanted: Vectors, threshold: float) -> dict[str, Any]:
    return {
        "threshold": round(threshold, 4),
        "unwanted mail found": describe_share(unwanted[~wanted] >= threshold),
        "requests called unwanted": describe_share(unwanted[wanted] >= threshold),
    }


def describe_share(hits: Any) -> dict[str, Any]:
    """A share with its count and 95 % Wilson interval (Wilson 1927)."""
    n, k = len(hits), int(np.sum(hits))
    low, high = compute_wilson_interval(k, n)
    return {
        "share": round(k / n, 4) if n else None,
        "of": n,
        "from": round(low, 4),
        "to": round(high, 4),
    }


def compute_wilson_interval(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share; (0, 1) where nothing was counted."""
    if not n:
        return 0.0, 1.0
    middle = (hits + z * z / 2) / (n + z * z)
    half = z * np.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
