"""Training: the machines, their calibration, the detector of strangers and the evidence.

Everything is measured out of fold: a row is judged by machines that were not given it. What
comes from all rows is the list of terms and their rarity, which know no label, and nine numbers
fitted on the scores out of fold: three temperatures, the two of the sureness, the detector's.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import calibration, lssvm
from triage.classifier import out_of_scope as outside
from triage.classifier.intent_model import IntentModel, agreed, kernels_agree, rounded
from triage.classifier.selective import Evidence
from triage.signals.tfidf import Terms, learned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Places = NDArray[np.int64]

FOLDS = 10
INTENTS = 5  # parts of the intents that are held out in turn
FEWEST = 10  # examples in all
ROUNDS = 3  # of folds and of held-out intents, for the detector
NEAR_RIDGE, BOTH_RIDGE = 0.1, 0.2
MOST = 16_000  # rows: the kernels of n rows take 12 n² bytes, 3 GB here
BLOCK = 1024
LIKE_OURS = 0.7  # a general text as near as this to an example is no stranger here


@dataclass(frozen=True)
class Rows:
    """Rows of our intents first; ``truth`` is -1 for others, ``judged`` also for what calibrates nothing."""

    texts: tuple[str, ...]
    vectors: Matrix
    truth: Places
    judged: Places
    labels: tuple[str, ...]
    seed: int

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def ours(self) -> int:
        return int((self.truth >= 0).sum())

    def folds(self, turn: int = 0) -> list[Places]:
        fold = lssvm.folds(self.texts, self.truth, FOLDS, self.seed + turn)
        return [rows for i in range(FOLDS) if len(rows := np.flatnonzero(fold == i))]


@dataclass(frozen=True)
class Machine:
    """A least-squares SVM with all that is needed to ask what it would say without some rows."""

    inverse: Matrix
    weights: Matrix
    wanted: Matrix

    def without(self, rows: Places) -> Matrix:
        return lssvm.without(self.inverse, self.weights, self.wanted, rows)


@dataclass(frozen=True)
class Fitted:
    """The machines of one training and the cosines (n, n) of its rows."""

    rows: Rows
    terms: Terms
    counts: Any
    cosines: Matrix
    near: Machine
    both: Machine
    linear: tuple[Matrix, Matrix]
    linear_held: Matrix


@dataclass(frozen=True)
class HeldOut:
    """What the machines say of n rows they were not given, in the order of the input.

    ``scores`` are three matrices (n, labels), ``outside`` (n,) is how strange each row is.
    """

    scores: tuple[Matrix, Matrix, Matrix]
    outside: NDArray[np.float64]


def fit(
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
    """A model from n texts, their unit vectors (n, 384) and labels; "" stands for none of ours.

    ``audited`` marks rows that are tickets checked by lot; ``strangers`` are general texts
    and their vectors, such as those of ``outside.general()``, from which the detector learns
    and nothing else does. ``unseen`` marks the rows that a tuned encoder was not shown, all
    where it is None: all rows teach, those alone calibrate and are evidence. The evidence of
    the model is in the order of the rows. The same input gives the same bytes. Raises
    ValueError where there is too little to learn from.
    """
    checked = np.zeros(len(texts), bool) if audited is None else np.asarray(audited, bool)
    fresh = np.ones(len(texts), bool) if unseen is None else np.asarray(unseen, bool)
    kept = _kept(len(texts), checked, seed)
    return fit_and_hold(
        [texts[i] for i in kept],
        vectors[kept],
        [labels[i] for i in kept],
        checked[kept],
        fresh[kept],
        strangers=strangers,
        seed=seed,
        workers=workers,
    )[0]


def fit_and_hold(
    texts: Sequence[str],
    vectors: Matrix,
    labels: Sequence[str],
    audited: NDArray[np.bool_],
    unseen: NDArray[np.bool_],
    *,
    strangers: tuple[Sequence[str], Matrix] | None = None,
    seed: int = 7,
    workers: int = 2,
) -> tuple[IntentModel, HeldOut]:
    """``fit`` of rows that are not too many, with what its evidence was made of."""
    order = np.argsort(np.array([not label for label in labels]), kind="stable")
    ordered = [texts[i] for i in order], vectors[order], [labels[i] for i in order]
    rows = _rows(*ordered, unseen[order], seed)
    fitted = _fitted(rows, workers)
    held = _held(fitted)
    one, two, three = (calibration.temperature(scores, rows.judged) for scores in held)
    temperatures = one, two, three
    shares = agreed(held, temperatures)
    surely = calibration.sureness(shares, rows.judged)
    detector, strange = _detector(fitted, temperatures, strangers)
    back = np.argsort(order)
    model = IntentModel(
        labels=rows.labels,
        terms=fitted.terms,
        weights=fitted.linear[0],
        bias=fitted.linear[1],
        examples=rows.vectors.astype(np.float16),
        ours=rows.ours,
        near=fitted.near.weights,
        both=fitted.both.weights,
        by_term=_by_term(fitted),
        temperatures=temperatures,
        surely=surely,
        detector=detector,
        evidence=Evidence(
            rows.labels,
            calibration.sure(shares, *surely)[back],
            shares.argmax(axis=1)[back],
            rows.truth[back],
            strange[back] >= detector.threshold,
            audited,
        ).only(unseen),
    )
    return model, HeldOut((held[0][back], held[1][back], held[2][back]), strange[back])


def _kept(count: int, audited: NDArray[np.bool_], seed: int) -> Places:
    """All rows, or as many as the kernels have room for: tickets first, then by lot."""
    if count <= MOST:
        return np.arange(count)
    lot = np.random.default_rng(seed).permutation(count)
    return np.sort(lot[np.argsort(~audited[lot], kind="stable")][:MOST])


def _rows(
    texts: Sequence[str],
    vectors: Matrix,
    labels: Sequence[str],
    unseen: NDArray[np.bool_],
    seed: int,
) -> Rows:
    """Raises ValueError, saying what to add, where there is too little."""
    names = tuple(sorted(set(labels) - {""}))
    if len(names) < 2:
        raise ValueError("There are fewer than two intents with examples: add some first.")
    if len(texts) < FEWEST:
        raise ValueError(f"{len(texts)} examples are too few: give at least {FEWEST}.")
    place = {name: i for i, name in enumerate(names)} | {"": -1}
    truth = np.array([place[label] for label in labels])
    judged = np.where(unseen, truth, -1)
    if not unseen.all() and (judged >= 0).sum() < FEWEST:
        raise ValueError(f"Fewer than {FEWEST} texts are new to the tuned encoder: add examples.")
    return Rows(tuple(texts), rounded(vectors), truth, judged, names, seed)


def _fitted(rows: Rows, workers: int) -> Fitted:
    """The three machines. The logistic regressions run side by side, with a thread each."""
    cosines = rows.vectors @ rows.vectors.T
    terms = learned(rows.texts)
    counts = terms.of(rows.texts)
    wanted = lssvm.targets(rows.truth, len(rows.labels))
    with lssvm.threads(1), ThreadPoolExecutor(workers) as pool:
        together = pool.submit(_with_terms, lssvm.closeness(cosines), counts)
        linear = pool.submit(_linear, rows, np.arange(rows.ours))
        held = list(pool.map(lambda out: _linear_without(rows, out), rows.folds()))
    both = _machine(together.result(), BOTH_RIDGE, wanted)
    near = _machine(lssvm.closeness(cosines), NEAR_RIDGE, wanted)
    return Fitted(
        rows, terms, counts, cosines, near, both, linear.result(), _in_order(held, rows.folds())
    )


def _machine(kernel: Matrix, ridge: float, wanted: Matrix) -> Machine:
    inverse = lssvm.inverse(kernel, ridge)
    return Machine(inverse, inverse @ wanted, wanted)


def _with_terms(kernel: Matrix, counts: Any) -> Matrix:
    """The kernel with the common terms of each two rows; its lower half, which is all it takes."""
    for start in range(0, len(kernel), BLOCK):
        block, before = slice(start, start + BLOCK), slice(start + BLOCK)
        kernel[block, before] += lssvm.TERMS * (counts[block] @ counts[before].T).toarray()
    return kernel


def _linear(rows: Rows, taught: Places) -> tuple[Matrix, Matrix]:
    return lssvm.logistic(rows.vectors[taught], rows.truth[taught], len(rows.labels))


def _linear_without(rows: Rows, out: Places) -> Matrix:
    """The log-odds of the rows ``out`` by a logistic regression that was not given them."""
    weights, bias = _linear(rows, np.setdiff1d(np.arange(rows.ours), out))
    return np.asarray(rows.vectors[out] @ weights + bias, np.float32)


def _in_order(parts: Sequence[Matrix], folds: Sequence[Places]) -> Matrix:
    return np.concatenate(parts)[np.argsort(np.concatenate(folds))]


def _held(fitted: Fitted) -> tuple[Matrix, Matrix, Matrix]:
    """What each machine says of each row without having been given its fold."""
    near, both = np.empty_like(fitted.linear_held), np.empty_like(fitted.linear_held)
    for out in fitted.rows.folds():
        near[out], both[out] = fitted.near.without(out), fitted.both.without(out)
    return fitted.linear_held, near, both


def _by_term(fitted: Fitted) -> NDArray[np.float16]:
    """The part of the second SVM that is linear in the terms, so that their counts can go."""
    return np.asarray(lssvm.TERMS * (fitted.counts.T @ fitted.both.weights), np.float16)


def _detector(
    fitted: Fitted, temperatures: Sequence[float], general: tuple[Sequence[str], Matrix] | None
) -> tuple[outside.Detector, Any]:
    """The detector, learned from the judged rows of ours, and its score for each row."""
    seen = [_fold_signs(fitted, temperatures, turn) for turn in range(ROUNDS)]
    detector = outside.fitted(
        np.concatenate([signs[fitted.rows.judged >= 0] for signs in seen]),
        named=np.concatenate([signs[fitted.rows.ours :] for signs in seen]),
        held=_intent_signs(fitted, temperatures),
        general=_general_signs(fitted, temperatures, general),
    )
    return detector, detector.scores(seen[0])


def _fold_signs(fitted: Fitted, temperatures: Sequence[float], turn: int) -> Any:
    signs = np.empty((len(fitted.rows), len(outside.SIGNS)))
    for out in fitted.rows.folds(turn):
        signs[out] = _signs_without(fitted, temperatures, out, np.arange(len(fitted.rows.labels)))
    return signs


def _intent_signs(fitted: Fitted, temperatures: Sequence[float]) -> Any:
    """Of the judged rows of our intents, by machines that were not shown their intent."""
    count, found = len(fitted.rows.labels), [np.empty((0, len(outside.SIGNS)))]
    for turn in range(ROUNDS if count > INTENTS else 0):
        lot = np.random.default_rng(fitted.rows.seed + turn).permutation(count)
        for start in range(INTENTS):
            out = np.flatnonzero(np.isin(fitted.rows.truth, lot[start::INTENTS]))
            others = np.setdiff1d(np.arange(count), lot[start::INTENTS])
            signs = _signs_without(fitted, temperatures, out, others)
            found.append(signs[fitted.rows.judged[out] >= 0])
    return np.concatenate(found)


def _signs_without(
    fitted: Fitted, temperatures: Sequence[float], out: Places, labels: Places
) -> Any:
    """Of the rows ``out``, which the machines were not given, among these labels."""
    taught = np.setdiff1d(np.arange(fitted.rows.ours), out)
    scores = (None, fitted.near.without(out)[:, labels], fitted.both.without(out)[:, labels])
    return outside.signs(kernels_agree(scores, temperatures), fitted.cosines[np.ix_(out, taught)])


def _general_signs(
    fitted: Fitted, temperatures: Sequence[float], general: tuple[Sequence[str], Matrix] | None
) -> Any:
    if general is None:
        return np.empty((0, len(outside.SIGNS)))
    cosines = rounded(general[1]) @ fitted.rows.vectors.T
    foreign = np.flatnonzero(cosines[:, : fitted.rows.ours].max(axis=1) < LIKE_OURS)
    cosines = cosines[foreign]
    kernel = lssvm.closeness(cosines)
    counts = fitted.terms.of([general[0][int(i)] for i in foreign])
    scores = (
        None,
        kernel @ fitted.near.weights,
        kernel @ fitted.both.weights + counts @ _by_term(fitted).astype(np.float32),
    )
    return outside.signs(kernels_agree(scores, temperatures), cosines[:, : fitted.rows.ours])
