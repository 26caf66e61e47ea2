"""The chance that a clause answers a question: a small logistic regression, calibrated.

Fitted on the questions of ``questions.toml`` by `manage.py evaluate_retrieval --calibrate`,
which writes ``relevance.json`` with how it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from triage.retrieval.index import Index
    from triage.retrieval.ranking import Ranked

FILE = Path(__file__).with_name("relevance.json")


@dataclass(frozen=True)
class ClauseFeatures:
    """What speaks for one clause: closeness of meaning, of its tokens, shared words, how far it
    stands out among all clauses (``fused``), and each time by how much it is ahead of the best
    other clause (behind it, below zero)."""

    words: float
    words_ahead: float
    cosine: float = 0.0
    cosine_ahead: float = 0.0
    late: float = 0.0
    late_ahead: float = 0.0
    fused: float = 0.0
    fused_ahead: float = 0.0


LEXICAL_FEATURES = ("words", "words_ahead")
HYBRID_FEATURES = (*LEXICAL_FEATURES, "cosine", "cosine_ahead", "late", "late_ahead", "fused_ahead")


@dataclass(frozen=True)
class Relevance:
    """Weights over ``ClauseFeatures`` and a bias; ``made`` says from what, for the receipt."""

    weights: Mapping[str, float]
    bias: float
    made: str

    def compute_probabilities(self, seen: Sequence[ClauseFeatures]) -> list[float]:
        """The probability that each clause answers, between 0 and 1."""
        return [self._compute_probability(one) for one in seen]

    def _compute_probability(self, one: ClauseFeatures) -> float:
        logit = self.bias + sum(getattr(one, name) * w for name, w in self.weights.items())
        return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def extract_features(index: Index, ranked: Ranked, places: Sequence[int]) -> list[ClauseFeatures]:
    """The features of the clauses at these places, best first, against each other."""
    columns = [index.words.compute_shares(ranked.query, places)]
    for scores in (ranked.cosine, ranked.late, ranked.fused):
        if scores is not None:
            columns.append([float(scores[i]) for i in places])
    pairs = [column for values in columns for column in (values, _compute_leads(values))]
    return [ClauseFeatures(*values) for values in zip(*pairs, strict=True)]


def _compute_leads(values: Sequence[float]) -> list[float]:
    """By how much each value leads the best of the others; alone, its own value."""
    if len(values) < 2:
        return list(values)
    best, second = sorted(values, reverse=True)[:2]
    return [value - (second if value == best else best) for value in values]


@cache
def load_shipped(name: str) -> Relevance:
    """The regression that ships for an engine: "hybrid" or "lexical"."""
    made = json.loads(FILE.read_text())[name]
    return Relevance(weights=made["weights"], bias=made["bias"], made=made["made"])


def fit_relevance(
    seen: Sequence[ClauseFeatures], answers: Sequence[bool], names: Sequence[str], made: str
) -> Relevance:
    """A logistic regression over the named values of ``ClauseFeatures``.

    ``answers`` are the labels. Raises ValueError where all answers are the same.
    """
    from sklearn.linear_model import LogisticRegression

    if len(set(answers)) < 2:
        raise ValueError("both are needed: clauses that answer and clauses that do not")
    values = np.array([[getattr(one, name) for name in names] for one in seen])
    model = LogisticRegression(C=10.0, max_iter=1000).fit(values, answers)
    weights = dict(zip(names, map(float, model.coef_[0]), strict=True))
    return Relevance(weights=weights, bias=float(model.intercept_[0]), made=made)
