"""How good is a classifier on labelled texts, and does it keep its precision guarantee?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import selective
from triage.classifier.calibration import compute_calibration_error
from triage.classifier.fitting import fit_model, fit_with_held_out
from triage.classifier.intent_model import average_log_shares
from triage.classifier.labelled_texts import LabelledTexts
from triage.classifier.out_of_scope import load_background_texts
from triage.classifier.spelling import SpellingMender

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.classifier.intent_model import IntentModel

    Embed = Callable[[Sequence[str]], NDArray[np.float32]]

OUT_OF_SCOPE, UNKNOWN_LABEL = -1, -2
MAX_TIMED_TEXTS = 200
MAX_DRAWN_TEXTS = 1000
PROMISED_TARGETS = (0.90, 0.95, 0.98)


@dataclass(frozen=True)
class Predictions:
    """Of n texts: ``shares`` (n, labels), ``truth`` (n,) is a position among the labels.

    ``truth`` is -1 for none of ours and -2 for a label that the model was not taught.
    """

    shares: NDArray[np.float64]
    confidence: NDArray[np.float64]
    truth: NDArray[np.int64]
    outside: NDArray[np.float64]
    turned_away: NDArray[np.bool_]
    uncalibrated: NDArray[np.float64]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        return np.asarray(self.shares.argmax(axis=1) == self.truth)

    @property
    def is_in_scope(self) -> NDArray[np.bool_]:
        return np.asarray(self.truth != OUT_OF_SCOPE)


@dataclass(frozen=True)
class DrawOutcome:
    """What a way of choosing the threshold does over random draws of calibration texts.

    ``kept`` is the share of draws in which the rest of the texts met the target,
    ``coverage`` the mean share of them labelled, ``none`` the share of draws that gave no
    threshold at all (which keeps any guarantee).
    """

    kept: float
    coverage: float
    none: float


@dataclass(frozen=True)
class Draws:
    """``calibration`` texts drawn ``draws`` times; the threshold is judged on the rest."""

    target: float
    draws: int
    calibration: int
    naive: DrawOutcome
    promised: DrawOutcome


@dataclass(frozen=True)
class AutomaticLabels:
    """Under the promise for ``target``: (share that is right, share of texts that get a label),
    ``of_all`` texts, and ``of_ours``, strangers left out; right is 1.0 where none gets one.
    """

    target: float
    of_all: tuple[float, float]
    of_ours: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """The figures of one classifier on one set of texts; shares unless a unit is in the name.

    ``accuracy`` is over texts of our intents, with no threshold; ``in_scope`` counts those
    labelled rightly and not turned away, ``caught`` strangers turned away (None without
    any). ``best_coverage`` is the largest share with the target accuracy, found on these
    very texts; ``promised`` the threshold taken from training data alone.
    """

    texts: int
    labels: int
    strangers: int
    accuracy: float
    in_scope: float
    caught: float | None
    auroc: float | None
    target: float
    best_coverage: float
    naive: tuple[float, float]
    promised: tuple[float, float]
    automatic: tuple[AutomaticLabels, ...]
    sentence: str
    error_before: float
    error_after: float
    draws: tuple[Draws, ...] = ()
    trained_on: int = 0
    training_seconds: float = 0.0
    embedding_seconds: float = 0.0
    milliseconds: float = 0.0
    megabytes: float = 0.0
    per_label: tuple[selective.LabelGuarantee, ...] = field(default=(), repr=False)


def evaluate_classifier(
    train: LabelledTexts,
    test: LabelledTexts,
    embed: Embed,
    *,
    unseen: Sequence[bool] | None = None,
    target: float = 0.98,
    draws: int = 200,
) -> Evaluation:
    """Train on one set and measure on another, as tickets are read: misspelt words mended.
    Nothing is chosen on the second.

    ``unseen`` marks the training texts that a tuned encoder was not shown. Raises ValueError
    where the training set has too little.
    """
    began = time.perf_counter()
    vectors = embed(train.texts)
    strangers = (load_background_texts(), embed(load_background_texts()))
    embedded = time.perf_counter()
    model = fit_model(train.texts, vectors, train.labels, unseen=unseen, strangers=strangers)
    trained = time.perf_counter()
    mender = SpellingMender(model.terms, len(model.examples))
    test = replace(test, texts=tuple(mender.mend(text).text for text in test.texts))
    looked = embed(test.texts)
    found = _predict_texts(model, test, looked)
    return compute_figures(
        found,
        model,
        target=target,
        draws=draws,
        trained_on=len(train),
        embedding_seconds=embedded - began,
        training_seconds=trained - embedded,
        milliseconds=_measure_milliseconds(model, test.texts, looked),
        megabytes=len(model.dumps()) / 1e6,
    )


def cross_validate(
    train: LabelledTexts, embed: Embed, *, target: float = 0.98, draws: int = 200
) -> Evaluation:
    """Measure on one set alone: each of ten parts is judged by machines fitted on the others.

    Temperatures and thresholds are those of all ten parts together.
    """
    began = time.perf_counter()
    vectors = embed(train.texts)
    strangers = (load_background_texts(), embed(load_background_texts()))
    embedded = time.perf_counter()
    nobody, all_ = np.zeros(len(train), bool), np.ones(len(train), bool)
    model, held = fit_with_held_out(
        train.texts, vectors, train.labels, nobody, all_, strangers=strangers
    )
    trained = time.perf_counter()
    found = Predictions(
        shares=np.exp(average_log_shares(held.scores, model.temperatures)),
        confidence=model.evidence.confidence,
        truth=model.evidence.truth,
        outside=held.outside,
        turned_away=model.evidence.outside,
        uncalibrated=_compute_raw_confidence(held.scores),
    )
    return compute_figures(
        found,
        model,
        target=target,
        draws=draws,
        trained_on=len(train),
        embedding_seconds=embedded - began,
        training_seconds=trained - embedded,
        milliseconds=_measure_milliseconds(model, train.texts, vectors),
        megabytes=len(model.dumps()) / 1e6,
    )


def compute_figures(
    found: Predictions, model: IntentModel, *, target: float, draws: int, **facts: Any
) -> Evaluation:
    """The figures of these predictions beside the guarantee of the model's own evidence."""
    ours, right, labelled = found.is_in_scope, found.is_right, found.is_right & ~found.turned_away
    given = selective.compute_guarantee(model.evidence, target)
    own = model.evidence
    naive, _ = selective.find_naive_threshold(
        np.where(own.outside, -1, own.confidence), own.is_right, target
    )
    return Evaluation(
        texts=len(ours),
        labels=len(model.labels),
        strangers=int((~ours).sum()),
        accuracy=float(right[ours].mean()),
        in_scope=float(labelled[ours].mean()),
        caught=float(found.turned_away[~ours].mean()) if (~ours).any() else None,
        auroc=_compute_auroc(found),
        target=target,
        best_coverage=selective.find_naive_threshold(found.confidence[ours], right[ours], target)[
            1
        ],
        naive=_measure_given(found, _flag_given(found, naive)),
        promised=_measure_given(found, _flag_promised(found, given, model.labels)),
        automatic=tuple(_measure_automatic(found, model, share) for share in PROMISED_TARGETS),
        sentence=given.sentence,
        error_before=compute_calibration_error(found.uncalibrated[ours], right[ours]),
        error_after=compute_calibration_error(found.confidence[ours], right[ours]),
        draws=tuple(simulate_guarantees(found, share, draws) for share in (0.95, 0.98))
        if draws
        else (),
        per_label=given.per_label,
        **facts,
    )


def simulate_guarantees(found: Predictions, target: float, draws: int, *, seed: int = 7) -> Draws:
    """Draw calibration texts in scope many times; judge the thresholds on the others."""
    ours = np.flatnonzero(found.is_in_scope)
    confidence, right = found.confidence[ours], found.is_right[ours]
    size = min(MAX_DRAWN_TEXTS, len(ours) // 4)  # most is left to judge by, or chance decides
    outcomes = np.array(
        [
            _judge_draw(confidence, right, target, np.random.default_rng([seed, draw]), size)
            for draw in range(draws)
        ]
    )
    naive, promised = (
        DrawOutcome(*(float(value) for value in outcomes[:, way].mean(axis=0))) for way in (0, 1)
    )
    return Draws(target, draws, size, naive, promised)


def _judge_draw(confidence: Any, right: Any, target: float, random: Any, size: int) -> Any:
    lot = random.permutation(len(right))
    drawn, rest = lot[:size], lot[size:]
    ways = (selective.find_naive_threshold, selective.find_threshold)
    thresholds = [way(confidence[drawn], right[drawn], target)[0] for way in ways]
    return [_judge_threshold(confidence[rest], right[rest], target, at) for at in thresholds]


def _judge_threshold(confidence: Any, right: Any, target: float, threshold: float) -> Any:
    given = confidence >= threshold
    kept = not given.any() or right[given].mean() >= target
    return float(kept), float(given.mean()), float(threshold > 1)


def _measure_automatic(found: Predictions, model: IntentModel, target: float) -> AutomaticLabels:
    promise = selective.compute_guarantee(model.evidence, target)
    given = _flag_promised(found, promise, model.labels)
    ours = found.is_in_scope
    of_ours = _measure_given(found, given & ours)[0], float(given[ours].mean())
    return AutomaticLabels(target, _measure_given(found, given), of_ours)


def _flag_promised(
    found: Predictions, promise: selective.PrecisionGuarantee, labels: Sequence[str]
) -> NDArray[np.bool_]:
    withheld = [labels.index(name) for name in promise.withheld]
    return _flag_given(found, promise.threshold, withheld)


def _flag_given(
    found: Predictions, threshold: float, withheld: Sequence[int] = ()
) -> NDArray[np.bool_]:
    """The texts that get a label by themselves."""
    given = (found.confidence >= threshold) & ~found.turned_away
    return np.asarray(given & ~np.isin(found.shares.argmax(axis=1), withheld))


def _measure_given(found: Predictions, given: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of these labels that is right, 1.0 where there is none, and that of texts."""
    return (float(found.is_right[given].mean()) if given.any() else 1.0), float(given.mean())


def _compute_auroc(found: Predictions) -> float | None:
    from sklearn.metrics import roc_auc_score

    if found.is_in_scope.all() or not found.is_in_scope.any():
        return None
    return float(roc_auc_score(~found.is_in_scope, found.outside))


def _predict_texts(model: IntentModel, test: LabelledTexts, vectors: Any) -> Predictions:
    place = {label: i for i, label in enumerate(model.labels)} | {"": OUT_OF_SCOPE}
    judged = model.judge_texts(test.texts, vectors)
    return Predictions(
        shares=judged.shares,
        confidence=judged.confidence,
        truth=np.array([place.get(label, UNKNOWN_LABEL) for label in test.labels]),
        outside=judged.outside,
        turned_away=judged.turned_away,
        uncalibrated=_compute_raw_confidence(model.score_texts(test.texts, vectors)[0]),
    )


def _compute_raw_confidence(scores: Any) -> Any:
    return np.exp(average_log_shares(scores, (1.0, 1.0, 1.0))).max(axis=1)


def _measure_milliseconds(model: IntentModel, texts: Sequence[str], vectors: Any) -> float:
    """The median milliseconds for one text at a time, its embedding not counted."""
    taken = []
    for place in range(min(MAX_TIMED_TEXTS, len(texts))):
        began = time.perf_counter()
        model.judge_texts(texts[place : place + 1], vectors[place : place + 1])
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1000)
