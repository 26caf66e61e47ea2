"""Fitting the chance that a clause answers, and how far that chance can be trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from triage.learning.clause_questions import Question, add_label
from triage.retrieval.index import Index
from triage.retrieval.ranking import Ranked
from triage.retrieval.relevance import ClauseFeatures, Relevance, extract_features, fit_relevance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.retrieval.ranking import Mask

    Numbers = NDArray[np.float64]

T = TypeVar("T")
MAX_CANDIDATES = 10
MAX_TRAINING_CLAUSES = 4  # of the best clauses of each question: what the retrieve step shows
FOLDS = 10


@dataclass(frozen=True)
class Sample:
    """A clause that was found for question number ``question``: what speaks for it, whether it
    answers, its rank from 0, and whether any clause of the index answers that question."""

    seen: ClauseFeatures
    answers: bool
    question: int
    rank: int
    answerable: bool


def iter_samples(
    index: Index,
    questions: Sequence[Question],
    ranking: Callable[[str], Ranked],
    allowed: Mask,
) -> Iterator[Sample]:
    """The best clauses of each question, of those allowed; asked bare and under its label.

    What a clause answers is asked a second time without that clause: policies have gaps, and
    the nearest thing to an answer must not pass for one.
    """
    for number, question in enumerate(questions):
        for asked in (question, add_label(question, number)):
            yield from _iter_question_samples(index, asked, ranking(asked.text), allowed, number)


def _iter_question_samples(
    index: Index, question: Question, ranked: Ranked, allowed: Mask, number: int
) -> Iterator[Sample]:
    places = [i for i in ranked.sort_places().tolist() if allowed[i]]
    yield from _iter_best_samples(index, ranked, places, question, number)
    if question.answers:
        others = [i for i in places if index.clauses[i].ref not in question.answers]
        yield from _iter_best_samples(index, ranked, others, Question(question.text), number)


def _iter_best_samples(
    index: Index, ranked: Ranked, places: Sequence[int], question: Question, number: int
) -> Iterator[Sample]:
    seen = extract_features(index, ranked, places[:MAX_CANDIDATES])[:MAX_TRAINING_CLAUSES]
    for rank, (i, one) in enumerate(zip(places, seen, strict=False)):
        answers = index.clauses[i].ref in question.answers
        yield Sample(one, answers, number, rank, bool(question.answers))


def fit_samples(found: Sequence[Sample], names: Sequence[str], made: str) -> Relevance:
    return fit_relevance(
        [each.seen for each in found], [each.answers for each in found], names, made
    )


def predict_held_out(found: Sequence[Sample], names: Sequence[str]) -> list[float]:
    """The chance of each sample by a regression that saw no sample of its question."""
    chances = [0.0] * len(found)
    for fold in range(FOLDS):
        model = fit_samples([s for s in found if s.question % FOLDS != fold], names, "")
        for i, each in enumerate(found):
            if each.question % FOLDS == fold:
                chances[i] = model.compute_probabilities([each.seen])[0]
    return chances


@dataclass(frozen=True)
class Trust:
    """How far the chance of the best clause can be trusted, over n questions.

    ``right``: AUROC for the best clause being the right one; ``answerable``: AUROC for any clause
    answering, each None where all or none do; ``error``: mean distance between chance and truth
    in ten equal bins, of all samples.
    """

    right: float | None
    answerable: float | None
    error: float
    n: int


def measure_trust(found: Sequence[Sample], chances: Sequence[float]) -> Trust:
    best = [(s, p) for s, p in zip(found, chances, strict=True) if s.rank == 0]
    p = [chance for _, chance in best]
    return Trust(
        right=_compute_auroc([s.answers for s, _ in best], p),
        answerable=_compute_auroc([s.answerable for s, _ in best], p),
        error=compute_calibration_error(
            np.array(chances), np.array([s.answers for s in found], float)
        ),
        n=len(best),
    )


def _compute_auroc(truth: Sequence[bool], chances: Sequence[float]) -> float | None:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, chances)) if len(set(truth)) == 2 else None


def compute_calibration_error(chances: Numbers, truth: Numbers, bins: int = 10) -> float:
    """Expected calibration error over bins of equal size."""
    parts = np.array_split(np.argsort(chances, kind="stable"), min(bins, len(chances)))
    gaps = [abs(chances[part].mean() - truth[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(chances))


@dataclass(frozen=True)
class Abstention:
    """What a threshold does: of the questions kept, how many best clauses are right; of those no
    clause answers, how many it leaves; of those left, for how many that was right (no clause
    answers, or the best was wrong); of those it should keep, how many it does."""

    threshold: float
    kept_right: float
    left: float
    left_rightly: float
    kept: float


def measure_abstention(
    found: Sequence[Sample], chances: Sequence[float], threshold: float
) -> Abstention:
    best = [(s, p >= threshold) for s, p in zip(found, chances, strict=True) if s.rank == 0]
    kept = [s for s, keeps in best if keeps]
    left = [s for s, keeps in best if not keeps]
    return Abstention(
        threshold=threshold,
        kept_right=_compute_share(kept, lambda s: s.answers),
        left=_compute_share(
            [keeps for s, keeps in best if not s.answerable], lambda keeps: not keeps
        ),
        left_rightly=_compute_share(left, lambda s: not s.answers),
        kept=_compute_share([keeps for s, keeps in best if s.answers], lambda keeps: keeps),
    )


def _compute_share(items: Sequence[T], holds: Callable[[T], bool]) -> float:
    return sum(map(holds, items)) / len(items) if items else 0.0


def write_models(path: Path, models: dict[str, Relevance]) -> None:
    """Write all shipped regressions into one JSON file, the weights with four digits."""
    rounded = {
        name: {
            **asdict(model),
            "weights": {key: round(value, 4) for key, value in model.weights.items()},
            "bias": round(model.bias, 4),
        }
        for name, model in models.items()
    }
    path.write_text(json.dumps(rounded, indent=2) + "\n")
