"""The intent model: what a text asks for, how sure that is, and whether it is none of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import out_of_scope as outside
from triage.classifier.calibration import log_shares, sure
from triage.classifier.lssvm import closeness
from triage.classifier.multi_intent.detector import Detector as Several
from triage.classifier.selective import Evidence
from triage.signals.tfidf import Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Numbers = NDArray[np.float64]

FORM = 1  # of the bytes
WEIGHTS = (1, 2, 2)  # the logistic regression is right less often than either SVM


@dataclass(frozen=True)
class Judgement:
    """``shares`` (n, labels) sum to one in each row.

    ``confidence`` (n,) is the probability that the label with the largest share is right,
    ``outside`` (n,) that the text is none of ours; ``turned_away`` (n,) flags those that
    are taken for that.
    """

    shares: Numbers
    confidence: Numbers
    outside: Numbers
    turned_away: NDArray[np.bool_]


@dataclass(frozen=True)
class IntentModel:
    """Three machines over an embedding of 384 numbers and the terms of a text, and their evidence.

    A logistic regression over the embedding (``weights`` (384, labels), ``bias``); a
    least-squares SVM with a Gaussian kernel over it (``near``, (examples, labels)); and one
    whose kernel also counts common terms (``both`` (examples, labels) and ``by_term``
    (terms, labels)). The mean of their log-probabilities, each at its own temperature, is taken, and
    ``surely`` turns the top share into the probability that it is right.
    The first ``ours`` rows of ``examples`` (m, 384) are of an intent, the rest of none.
    ``several`` tells texts with two matters; versions with few examples have none.
    """

    labels: tuple[str, ...]
    terms: Terms
    weights: Matrix
    bias: Matrix
    examples: NDArray[np.float16]
    ours: int
    near: Matrix
    both: Matrix
    by_term: NDArray[np.float16]
    temperatures: tuple[float, float, float]
    surely: tuple[float, float]
    detector: outside.Detector
    evidence: Evidence
    several: Several | None = None

    def judge(self, texts: Sequence[str], vectors: Matrix) -> Judgement:
        """Of n texts and their unit vectors of shape (n, 384)."""
        scores, cosines = self.scores(texts, vectors)
        signs = outside.signs(kernels_agree(scores, self.temperatures), cosines)
        strange = self.detector.scores(signs)
        shares = agreed(scores, self.temperatures)
        return Judgement(
            shares=np.exp(shares),
            confidence=sure(shares, *self.surely),
            outside=strange,
            turned_away=strange >= self.detector.threshold,
        )

    def scores(
        self, texts: Sequence[str], vectors: Matrix
    ) -> tuple[tuple[Matrix, Matrix, Matrix], Matrix]:
        """What each machine says, (n, labels), and the cosines (n, ours) to the examples."""
        vectors = rounded(vectors)
        cosines = vectors @ self._examples.T
        kernel = closeness(cosines)
        each = (
            vectors @ self.weights + self.bias,
            kernel @ self.near,
            kernel @ self.both + self._of_terms(texts),
        )
        return each, cosines[:, : self.ours]

    def _of_terms(self, texts: Sequence[str]) -> Matrix:
        found = np.zeros((len(texts), len(self.labels)), np.float32)
        for place, text in enumerate(texts):
            columns, counts = self.terms.row(text)
            found[place] = counts @ self.by_term[columns].astype(np.float32)
        return found

    @cached_property
    def _examples(self) -> Matrix:
        return self.examples.astype(np.float32)

    def dumps(self) -> bytes:
        """As safetensors: the same model gives the same bytes."""
        from safetensors.numpy import save

        evidence = self.evidence
        head = {"form": FORM, "labels": self.labels, "ours": self.ours}
        tensors = {
            "head": np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8),
            "weights": self.weights,
            "bias": self.bias,
            "examples": self.examples,
            "near": self.near,
            "both": self.both,
            "by_term": self.by_term,
            "temperatures": np.array(self.temperatures),
            "surely": np.array(self.surely),
            "detector": np.array(
                [*self.detector.weights, self.detector.bias, self.detector.threshold]
            ),
            "confidence": evidence.confidence,
            "guess": evidence.guess.astype(np.int16),
            "truth": evidence.truth.astype(np.int16),
            "outside": evidence.outside,
            "audited": evidence.audited,
            **self.terms.tensors(),
        }
        if self.several:
            tensors["several"] = self.several.numbers()
        return save({name: np.ascontiguousarray(value) for name, value in tensors.items()})

    @classmethod
    def loads(cls, data: bytes) -> IntentModel:
        """From ``dumps``. Raises ValueError for anything else."""
        tensors = _tensors(data)
        head = json.loads(tensors["head"].tobytes())
        *weights, bias, threshold = tensors["detector"].tolist()
        labels = tuple(head["labels"])
        return cls(
            labels=labels,
            terms=Terms.from_tensors(tensors),
            ours=head["ours"],
            temperatures=tuple(tensors["temperatures"].tolist()),
            surely=tuple(tensors["surely"].tolist()),
            detector=outside.Detector(tuple(weights), bias, threshold),
            several=Several.of(tensors["several"]) if "several" in tensors else None,
            evidence=Evidence(
                labels,
                tensors["confidence"],
                tensors["guess"].astype(np.int64),
                tensors["truth"].astype(np.int64),
                tensors["outside"],
                tensors["audited"],
            ),
            **{
                name: tensors[name]
                for name in ("weights", "bias", "examples", "near", "both", "by_term")
            },
        )


def _tensors(data: bytes) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        form = json.loads(tensors["head"].tobytes())["form"]
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(
            "These bytes are no classifier of this version: train it again."
        ) from error
    if form != FORM:
        raise ValueError(f"This classifier has form {form}, not {FORM}: train it again.")
    return dict(tensors)


def rounded(vectors: Matrix) -> Matrix:
    """As precise as the examples are kept."""
    return np.asarray(vectors, np.float16).astype(np.float32)


def agreed(
    scores: Sequence[Any], temperatures: Sequence[float], weights: Sequence[float] = WEIGHTS
) -> Any:
    """Log-shares (n, labels): the weighted mean of the machines' log-probabilities."""
    each = [
        weight * log_shares(score, t)
        for score, t, weight in zip(scores, temperatures, weights, strict=True)
    ]
    return log_shares(sum(each), sum(weights))


def kernels_agree(scores: Sequence[Any], temperatures: Sequence[float]) -> Any:
    """The log-shares of the two SVMs alone: they can be asked what they would say without an intent."""
    return agreed(scores[1:], temperatures[1:], WEIGHTS[1:])
