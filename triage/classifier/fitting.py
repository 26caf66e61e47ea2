"""Training: the machines, their calibration, the out-of-scope detector and the evidence.

Everything is measured out of fold: a row is judged by machines that were not given it. What
comes from all rows is the list of terms and their rarity, which know no label, and nine
numbers fitted on the scores out of fold: three temperatures, the two of the calibration,
the detector's.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import calibration, lssvm
from triage.classifier import out_of_scope as outside
from triage.classifier.intent_model import (
    IntentModel,
    average_kernel_shares,
    average_log_shares,
    round_vectors,
)
from triage.classifier.selective import Evidence
from triage.classifier.strangers import NO_STRANGERS, Strangers, join_strangers
from triage.signals.tfidf import Terms, learn_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Places = NDArray[np.int64]

FOLDS = 10
HELD_OUT_PARTS = 5  # parts of the intents that are held out in turn
MIN_HELD_OUT_INTENTS = 3  # of two, one held out leaves nothing to choose from
MIN_EXAMPLES = 10  # examples in all
DETECTOR_ROUNDS = 3  # of folds and of held-out intents, for the detector
NEAR_RIDGE, BOTH_RIDGE = 0.1, 0.2
MAX_TRAINING_ROWS = 16_000  # rows: the kernels of n rows take 12 n² bytes, 3 GB here
BLOCK_ROWS = 1024
MAX_BACKGROUND_COSINE = 0.7  # a general text as near as this to an example is no stranger here


@dataclass(frozen=True)
class TrainingRows:
    """Rows of our intents first; ``truth`` is -1 for others, ``judged`` also uncalibrated ones."""

    texts: tuple[str, ...]
    vectors: Matrix
    truth: Places
    judged: Places
    labels: tuple[str, ...]
    seed: int

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def in_scope_count(self) -> int:
        return int((self.truth >= 0).sum())

    def list_folds(self, turn: int = 0) -> list[Places]:
        fold = lssvm.assign_folds(self.texts, self.truth, FOLDS, self.seed + turn)
        return [rows for i in range(FOLDS) if len(rows := np.flatnonzero(fold == i))]

    def list_intent_parts(self, turn: int = 0) -> list[Places]:
        """The rows of each part of the intents, to be held out in turn; none of two intents."""
        count = len(self.labels)
        if count < MIN_HELD_OUT_INTENTS:
            return []
        lot = np.random.default_rng(self.seed + turn).permutation(count)
        each = min(HELD_OUT_PARTS, count)
        parts = [lot[start::each] for start in range(each)]
        return [np.flatnonzero(np.isin(self.truth, part)) for part in parts]


@dataclass(frozen=True)
class LeastSquaresSvm:
    """A least-squares SVM with all that is needed to ask what it would say without some rows."""

    inverse: Matrix
    weights: Matrix
    wanted: Matrix

    def predict_without(self, rows: Places) -> Matrix:
        return lssvm.predict_without(self.inverse, self.weights, self.wanted, rows)


@dataclass(frozen=True)
class FittedMachines:
    """The machines of one training and the cosines (n, n) of its rows.

    ``linear_held`` are the scores of the logistic regression out of fold, ``linear_strange``
    those of each part of the intents by one that was not shown the part.
    """

    rows: TrainingRows
    terms: Terms
    counts: Any
    cosines: Matrix
    near: LeastSquaresSvm
    both: LeastSquaresSvm
    linear: tuple[Matrix, Matrix]
    linear_held: Matrix
    linear_strange: tuple[Matrix, ...]


@dataclass(frozen=True)
class HeldOutScores:
    """What the machines say of n rows they were not given, in the order of the input.

    ``scores`` are three matrices (n, labels), ``outside`` (n,) is how strange each row is.
    """

    scores: tuple[Matrix, Matrix, Matrix]
    outside: NDArray[np.float64]


def fit_model(
    texts: Sequence[str],
    vectors: Matrix,
    labels: Sequence[str],
    *,
    audited: Sequence[bool] | None = None,
    unseen: Sequence[bool] | None = None,
    strangers: tuple[Sequence[str], Matrix] | None = None,
    seed: int = 7,
    workers: int = 2,
) -> IntentModel:
    """A model from n texts, their unit vectors (n, 384) and labels; "" is out of scope.

    ``audited`` marks rows that are tickets of the audit sample; ``strangers`` are general
    texts and their vectors, such as ``outside.load_background_texts()``, from which the
    detector learns and nothing else does. ``unseen`` marks the rows that a tuned encoder was
    not shown, all where it is None: all rows teach, those alone calibrate and are evidence.
    The evidence of the model is in the order of the rows. The same input gives the same
    bytes. Raises ValueError where there is too little to learn from.
    """
    checked = np.zeros(len(texts), bool) if audited is None else np.asarray(audited, bool)
    fresh = np.ones(len(texts), bool) if unseen is None else np.asarray(unseen, bool)
    kept = _choose_rows(len(texts), checked, seed)
    return fit_with_held_out(
        [texts[i] for i in kept],
        vectors[kept],
        [labels[i] for i in kept],
        checked[kept],
        fresh[kept],
        strangers=strangers,
        seed=seed,
        workers=workers,
    )[0]


def fit_with_held_out(
    texts: Sequence[str],
    vectors: Matrix,
    labels: Sequence[str],
    audited: NDArray[np.bool_],
    unseen: NDArray[np.bool_],
    *,
    strangers: tuple[Sequence[str], Matrix] | None = None,
    seed: int = 7,
    workers: int = 2,
) -> tuple[IntentModel, HeldOutScores]:
    """Fit a model on rows that are not too many; also returns its scores out of fold.

    The arguments are those of ``fit_model``; the evidence is made of these scores.
    Raises ValueError where there is too little to learn from.
    """
    order = np.argsort(np.array([not label for label in labels]), kind="stable")
    ordered = [texts[i] for i in order], vectors[order], [labels[i] for i in order]
    rows = _build_rows(*ordered, unseen[order], seed)
    fitted = _fit_machines(rows, workers)
    held = _predict_held_out(fitted)
    one, two, three = (calibration.fit_temperature(scores, rows.judged) for scores in held)
    temperatures = one, two, three
    shares = average_log_shares(held, temperatures)
    surely = calibration.fit_platt_scaling(shares, rows.judged)
    detector, strange = _fit_detector(fitted, temperatures, strangers)
    back = np.argsort(order)
    model = IntentModel(
        labels=rows.labels,
        terms=fitted.terms,
        weights=fitted.linear[0],
        bias=fitted.linear[1],
        examples=rows.vectors.astype(np.float16),
        ours=rows.in_scope_count,
        near=fitted.near.weights,
        both=fitted.both.weights,
        by_term=_compute_term_weights(fitted),
        temperatures=temperatures,
        surely=surely,
        detector=detector,
        evidence=Evidence(
            rows.labels,
            calibration.calibrate_confidence(shares, *surely)[back],
            shares.argmax(axis=1)[back],
            rows.truth[back],
            strange[back] >= detector.threshold,
            audited,
            _judge_held_out_intents(fitted, temperatures, surely, detector),
        ).select_rows(unseen),
    )
    if not len(model.evidence.strangers) and strangers:
        model = _add_general_strangers(model, *strangers)
    return model, HeldOutScores((held[0][back], held[1][back], held[2][back]), strange[back])


def _choose_rows(count: int, audited: NDArray[np.bool_], seed: int) -> Places:
    """All rows, or as many as the kernels have room for: tickets first, then at random."""
    if count <= MAX_TRAINING_ROWS:
        return np.arange(count)
    lot = np.random.default_rng(seed).permutation(count)
    return np.sort(lot[np.argsort(~audited[lot], kind="stable")][:MAX_TRAINING_ROWS])


def _build_rows(
    texts: Sequence[str],
    vectors: Matrix,
    labels: Sequence[str],
    unseen: NDArray[np.bool_],
    seed: int,
) -> TrainingRows:
    """The rows as arrays. Raises ValueError, saying what to add, where there is too little."""
    names = tuple(sorted(set(labels) - {""}))
    if len(names) < 2:
        raise ValueError("There are fewer than two intents with examples: add some first.")
    if len(texts) < MIN_EXAMPLES:
        raise ValueError(f"{len(texts)} examples are too few: give at least {MIN_EXAMPLES}.")
    place = {name: i for i, name in enumerate(names)} | {"": -1}
    truth = np.array([place[label] for label in labels])
    judged = np.where(unseen, truth, -1)
    if not unseen.all() and (judged >= 0).sum() < MIN_EXAMPLES:
        raise ValueError(
            f"Fewer than {MIN_EXAMPLES} texts in English are new to the encoder: add examples."
        )
    return TrainingRows(tuple(texts), round_vectors(vectors), truth, judged, names, seed)


def _fit_machines(rows: TrainingRows, workers: int) -> FittedMachines:
    """Fit the three machines; the logistic regressions run side by side, a thread each."""
    cosines = rows.vectors @ rows.vectors.T
    terms = learn_terms(rows.texts)
    counts = terms.build_matrix(rows.texts)
    wanted = lssvm.build_targets(rows.truth, len(rows.labels))
    with lssvm.limit_threads(1), ThreadPoolExecutor(workers) as pool:
        together = pool.submit(_add_term_kernel, lssvm.compute_kernel(cosines), counts)
        linear = pool.submit(_fit_linear, rows, np.arange(rows.in_scope_count))
        held = list(pool.map(lambda out: _predict_linear_without(rows, out), rows.list_folds()))
        strange = tuple(
            pool.map(lambda out: _predict_linear_without(rows, out), rows.list_intent_parts())
        )
    both = _solve_machine(together.result(), BOTH_RIDGE, wanted)
    near = _solve_machine(lssvm.compute_kernel(cosines), NEAR_RIDGE, wanted)
    return FittedMachines(
        rows,
        terms,
        counts,
        cosines,
        near,
        both,
        linear.result(),
        _restore_order(held, rows.list_folds()),
        strange,
    )


def _solve_machine(kernel: Matrix, ridge: float, wanted: Matrix) -> LeastSquaresSvm:
    inverse = lssvm.invert_kernel(kernel, ridge)
    return LeastSquaresSvm(inverse, inverse @ wanted, wanted)


def _add_term_kernel(kernel: Matrix, counts: Any) -> Matrix:
    """Add the common terms of each two rows to the kernel, in its lower half alone."""
    for start in range(0, len(kernel), BLOCK_ROWS):
        block, before = slice(start, start + BLOCK_ROWS), slice(start + BLOCK_ROWS)
        kernel[block, before] += (
            lssvm.TERM_KERNEL_WEIGHT * (counts[block] @ counts[before].T).toarray()
        )
    return kernel


def _fit_linear(rows: TrainingRows, taught: Places) -> tuple[Matrix, Matrix]:
    return lssvm.fit_logistic(rows.vectors[taught], rows.truth[taught], len(rows.labels))


def _predict_linear_without(rows: TrainingRows, out: Places) -> Matrix:
    """The log-odds of the rows ``out`` by a logistic regression that was not given them."""
    weights, bias = _fit_linear(rows, np.setdiff1d(np.arange(rows.in_scope_count), out))
    return np.asarray(rows.vectors[out] @ weights + bias, np.float32)


def _restore_order(parts: Sequence[Matrix], folds: Sequence[Places]) -> Matrix:
    return np.concatenate(parts)[np.argsort(np.concatenate(folds))]


def _predict_held_out(fitted: FittedMachines) -> tuple[Matrix, Matrix, Matrix]:
    """The scores of each machine for each row, without having been given its fold."""
    near, both = np.empty_like(fitted.linear_held), np.empty_like(fitted.linear_held)
    for out in fitted.rows.list_folds():
        near[out], both[out] = fitted.near.predict_without(out), fitted.both.predict_without(out)
    return fitted.linear_held, near, both


def _compute_term_weights(fitted: FittedMachines) -> NDArray[np.float16]:
    """The part of the second SVM that is linear in the terms, so that their counts can go."""
    return np.asarray(
        lssvm.TERM_KERNEL_WEIGHT * (fitted.counts.T @ fitted.both.weights), np.float16
    )


def _fit_detector(
    fitted: FittedMachines,
    temperatures: Sequence[float],
    general: tuple[Sequence[str], Matrix] | None,
) -> tuple[outside.OutOfScopeDetector, Any]:
    """The detector, learned from the judged rows in scope, and its score for each row."""
    seen = [_compute_fold_signs(fitted, temperatures, turn) for turn in range(DETECTOR_ROUNDS)]
    detector = outside.fit_detector(
        np.concatenate([signs[fitted.rows.judged >= 0] for signs in seen]),
        named=np.concatenate([signs[fitted.rows.in_scope_count :] for signs in seen]),
        held=_compute_intent_signs(fitted, temperatures),
        general=_compute_background_signs(fitted, temperatures, general),
    )
    return detector, detector.compute_probabilities(seen[0])


def _compute_fold_signs(fitted: FittedMachines, temperatures: Sequence[float], turn: int) -> Any:
    signs = np.empty((len(fitted.rows), len(outside.SIGN_NAMES)))
    for out in fitted.rows.list_folds(turn):
        signs[out] = _compute_signs_without(
            fitted, temperatures, out, np.arange(len(fitted.rows.labels))
        )
    return signs


def _compute_intent_signs(fitted: FittedMachines, temperatures: Sequence[float]) -> Any:
    """The signs of judged rows in scope, by machines that were not shown their intent."""
    found = [np.empty((0, len(outside.SIGN_NAMES)))]
    for turn in range(DETECTOR_ROUNDS):
        for out in fitted.rows.list_intent_parts(turn):
            signs = _compute_signs_without(fitted, temperatures, out, _list_others(fitted, out))
            found.append(signs[fitted.rows.judged[out] >= 0])
    return np.concatenate(found)


def _list_others(fitted: FittedMachines, out: Places) -> Places:
    """The labels of none of the rows ``out``."""
    return np.setdiff1d(np.arange(len(fitted.rows.labels)), fitted.rows.truth[out])


def _judge_held_out_intents(
    fitted: FittedMachines,
    temperatures: Sequence[float],
    surely: tuple[float, float],
    detector: outside.OutOfScopeDetector,
) -> Strangers:
    """The judged rows in scope as strangers: by machines that were not shown their intent."""
    parts = zip(fitted.rows.list_intent_parts(), fitted.linear_strange, strict=True)
    found = [NO_STRANGERS]
    for out, linear in parts:
        others = _list_others(fitted, out)
        scores = linear, fitted.near.predict_without(out), fitted.both.predict_without(out)
        shares = average_log_shares([score[:, others] for score in scores], temperatures)
        signs = _compute_signs_without(fitted, temperatures, out, others)
        strange = Strangers(
            calibration.calibrate_confidence(shares, *surely),
            others[shares.argmax(axis=1)],
            detector.compute_probabilities(signs) >= detector.threshold,
            fitted.rows.truth[out],
        )
        found.append(strange.select_rows(fitted.rows.judged[out] >= 0))
    return join_strangers(*found)


def _add_general_strangers(
    model: IntentModel, texts: Sequence[str], vectors: Matrix
) -> IntentModel:
    """The model with general texts as strangers: two intents cannot be held out. The detector
    learned of these texts, so they say less than a shop's own strangers would.
    """
    ours = model.examples[: model.ours].astype(np.float32)
    foreign = np.flatnonzero((vectors @ ours.T).max(axis=1) < MAX_BACKGROUND_COSINE)
    judged = model.judge_texts([texts[int(i)] for i in foreign], vectors[foreign])
    strange = Strangers(
        judged.confidence,
        judged.shares.argmax(axis=1),
        judged.turned_away,
        np.full(len(foreign), -1),
    )
    return replace(model, evidence=replace(model.evidence, strangers=strange))


def _compute_signs_without(
    fitted: FittedMachines, temperatures: Sequence[float], out: Places, labels: Places
) -> Any:
    """The signs of the rows ``out``, which the machines were not given, among these labels."""
    taught = np.setdiff1d(np.arange(fitted.rows.in_scope_count), out)
    scores = (
        None,
        fitted.near.predict_without(out)[:, labels],
        fitted.both.predict_without(out)[:, labels],
    )
    return outside.compute_signs(
        average_kernel_shares(scores, temperatures), fitted.cosines[np.ix_(out, taught)]
    )


def _compute_background_signs(
    fitted: FittedMachines,
    temperatures: Sequence[float],
    general: tuple[Sequence[str], Matrix] | None,
) -> Any:
    if general is None:
        return np.empty((0, len(outside.SIGN_NAMES)))
    cosines = round_vectors(general[1]) @ fitted.rows.vectors.T
    foreign = np.flatnonzero(
        cosines[:, : fitted.rows.in_scope_count].max(axis=1) < MAX_BACKGROUND_COSINE
    )
    cosines = cosines[foreign]
    kernel = lssvm.compute_kernel(cosines)
    counts = fitted.terms.build_matrix([general[0][int(i)] for i in foreign])
    scores = (
        None,
        kernel @ fitted.near.weights,
        kernel @ fitted.both.weights + counts @ _compute_term_weights(fitted).astype(np.float32),
    )
    return outside.compute_signs(
        average_kernel_shares(scores, temperatures), cosines[:, : fitted.rows.in_scope_count]
    )
