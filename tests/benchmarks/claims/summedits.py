"""How well ``support.supported`` does on SummEdits, and where its weights come from.

SummEdits (Laban et al. 2023, "LLMs as Factual Reasoners", arXiv 2305.14540) has summaries
with small edits, labelled by people: 1 for supported by its source. A domain's figure
comes from weights and a threshold found on the other domains only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from triage.guardrails.claims.entailment import REASONS, Similarity, compute_doubts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.inference.encoder import Encoder

    Numbers = NDArray[np.float64]

INVERSE_REGULARIZATION: Final = 1.0
"""Inverse regularization, as in scikit-learn."""
DOUBT_NAMES: Final = tuple(REASONS)


@dataclass(frozen=True)
class Pair:
    """A source, what is claimed to follow from it, and whether it does."""

    domain: str
    source: str
    claim: str
    supported: bool


@dataclass(frozen=True)
class DoubtModel:
    """score = sigmoid(-(bias + weights · doubts)); 0.5 is the threshold."""

    weights: Mapping[str, float]
    bias: float

    def score_doubts(self, found: Numbers) -> Numbers:
        """Below zero for supported; shape (n,) for doubts of shape (n, signs)."""
        doubt: Numbers = self.bias + found @ np.array([self.weights[name] for name in DOUBT_NAMES])
        return doubt


def read_pairs(folder: Path) -> list[Pair]:
    """The pairs of ``summedits_<domain>.json`` in a folder. Raises OSError for an empty one."""
    files = sorted(folder.glob("summedits_*.json"))
    if not files:
        raise FileNotFoundError(f"{folder} has no summedits_*.json")
    return [
        Pair(
            domain=file.stem.removeprefix("summedits_"),
            source=row["doc"],
            claim=row["summary"],
            supported=row["label"] == 1,
        )
        for file in files
        for row in json.loads(file.read_text("utf-8"))
    ]


def build_similarity(encoder: Encoder) -> Similarity:
    """A similarity by cosines of the encoder's vectors; each text is embedded once."""
    known: dict[str, Any] = {}

    def get_vectors(texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, encoder.embed(new), strict=True))
        return np.stack([known[text] for text in texts])

    def compute_cosines(sentence: str, others: Sequence[str]) -> Sequence[float]:
        return [float(cosine) for cosine in get_vectors(others) @ get_vectors([sentence])[0]]

    return compute_cosines


def compute_pair_doubts(
    pairs: Iterable[Pair], similarity: Similarity | None, follow: Callable[..., Any] = iter
) -> Numbers:
    """The doubts of each pair, shape (n, signs); ``follow`` may show the progress."""
    found = [compute_doubts(pair.claim, pair.source, similarity) for pair in follow(pairs)]
    return np.array([[one[name] for name in DOUBT_NAMES] for one in found])


def fit_model(found: Numbers, truth: NDArray[np.bool_], domains: NDArray[np.str_]) -> DoubtModel:
    """Logistic regression whose weights are never negative, classes balanced.

    A doubt may count for nothing, never in a claim's favour: that rewording goes with
    "supported" is how this data was made, not a law. The threshold has the best mean
    balanced accuracy over the domains.
    """
    from scipy.optimize import minimize

    wrong = (~truth).astype(float)
    share = np.where(truth, 0.5 / truth.mean(), 0.5 / wrong.mean())

    def compute_loss(at: Numbers) -> tuple[float, Numbers]:
        doubt = at[0] + found @ at[1:]
        slope = share * (1 / (1 + np.exp(-doubt)) - wrong)
        size = len(found) * INVERSE_REGULARIZATION
        penalty = (at[1:] ** 2).sum() / (2 * size)
        cost = (share * (np.logaddexp(0, doubt) - wrong * doubt)).mean() + penalty
        return float(cost), np.r_[slope.mean(), found.T @ slope / len(found) + at[1:] / size]

    bounds = [(None, None), *[(0, None)] * len(DOUBT_NAMES)]
    best = minimize(
        compute_loss, np.zeros(1 + len(DOUBT_NAMES)), jac=True, bounds=bounds, method="L-BFGS-B"
    ).x
    weights = dict(zip(DOUBT_NAMES, map(float, best[1:]), strict=True))
    return DoubtModel(weights, -_find_threshold(found @ best[1:], truth, domains))


def _find_threshold(doubt: Numbers, truth: NDArray[np.bool_], domains: NDArray[np.str_]) -> float:
    """The doubt from which on a claim counts as unsupported."""
    levels = np.unique(np.round(doubt, 6))
    between = (levels[1:] + levels[:-1]) / 2
    return float(max(between, key=lambda at: _compute_mean_accuracy(doubt >= at, truth, domains)))


def _compute_mean_accuracy(refused: Any, truth: Any, domains: Any) -> float:
    each = [
        compute_balanced_accuracy(refused[domains == name], truth[domains == name])
        for name in np.unique(domains)
    ]
    return float(np.mean(each))


def compute_balanced_accuracy(refused: Any, truth: Any) -> float:
    """The mean over both classes of the share that was told right, between 0 and 1."""
    return float(((~refused)[truth].mean() + refused[~truth].mean()) / 2)


def measure_by_domain(pairs: Sequence[Pair], found: Numbers) -> dict[str, float]:
    """The balanced accuracy of each domain with a model of the other domains."""
    domains = np.array([pair.domain for pair in pairs])
    truth = np.array([pair.supported for pair in pairs])
    accuracy = {}
    for name in np.unique(domains):
        here = domains == name
        model = fit_model(found[~here], truth[~here], domains[~here])
        accuracy[str(name)] = compute_balanced_accuracy(
            model.score_doubts(found[here]) >= 0, truth[here]
        )
    return accuracy


def fit_all_domains(pairs: Sequence[Pair], found: Numbers) -> DoubtModel:
    """The model fitted on all domains: the weights in ``support.source``."""
    return fit_model(
        found,
        np.array([pair.supported for pair in pairs]),
        np.array([pair.domain for pair in pairs]),
    )
