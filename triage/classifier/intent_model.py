"""The intent model: what a text asks for, how sure that is, and whether it is none of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import out_of_scope as outside
from triage.classifier.calibration import calibrate_confidence, compute_log_shares
from triage.classifier.lssvm import compute_kernel
from triage.classifier.multi_intent.detector import MultiIntentDetector as Several
from triage.classifier.selective import Evidence
from triage.classifier.strangers import NO_STRANGERS, Strangers
from triage.signals.tfidf import Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Numbers = NDArray[np.float64]

WEIGHTS_FORMAT = 1  # of the bytes
MACHINE_WEIGHTS = (1, 2, 2)  # the logistic regression is right less often than either SVM


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
    (terms, labels)). The mean of their log-probabilities, each at its temperature, is taken, and
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
    detector: outside.OutOfScopeDetector
    evidence: Evidence
    several: Several | None = None

    def judge_texts(self, texts: Sequence[str], vectors: Matrix) -> Judgement:
        """The judgement of n texts, given their unit vectors of shape (n, 384)."""
        scores, cosines = self.score_texts(texts, vectors)
        signs = outside.compute_signs(average_kernel_shares(scores, self.temperatures), cosines)
        strange = self.detector.compute_probabilities(signs)
        shares = average_log_shares(scores, self.temperatures)
        return Judgement(
            shares=np.exp(shares),
            confidence=calibrate_confidence(shares, *self.surely),
            outside=strange,
            turned_away=strange >= self.detector.threshold,
        )

    def score_texts(
        self, texts: Sequence[str], vectors: Matrix
    ) -> tuple[tuple[Matrix, Matrix, Matrix], Matrix]:
        """The scores of each machine, (n, labels), and cosines (n, ours) to the examples."""
        vectors = round_vectors(vectors)
        cosines = vectors @ self._example_vectors.T
        kernel = compute_kernel(cosines)
        each = (
            vectors @ self.weights + self.bias,
            kernel @ self.near,
            kernel @ self.both + self._score_terms(texts),
        )
        return each, cosines[:, : self.ours]

    def _score_terms(self, texts: Sequence[str]) -> Matrix:
        found = np.zeros((len(texts), len(self.labels)), np.float32)
        for place, text in enumerate(texts):
            columns, counts = self.terms.build_row(text)
            found[place] = counts @ self.by_term[columns].astype(np.float32)
        return found

    @cached_property
    def _example_vectors(self) -> Matrix:
        return self.examples.astype(np.float32)

    def dumps(self) -> bytes:
        """As safetensors: the same model gives the same bytes."""
        from safetensors.numpy import save

        evidence = self.evidence
        head = {"form": WEIGHTS_FORMAT, "labels": self.labels, "ours": self.ours}
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
            **_dump_strangers(evidence.strangers),
            **self.terms.dump_tensors(),
        }
        if self.several:
            tensors["several"] = self.several.dump_numbers()
        return save({name: np.ascontiguousarray(value) for name, value in tensors.items()})

    @classmethod
    def loads(cls, data: bytes) -> IntentModel:
        """From ``dumps``. Raises ValueError for anything else."""
        tensors = _load_tensors(data)
        head = json.loads(tensors["head"].tobytes())
        *weights, bias, threshold = tensors["detector"].tolist()
        labels = tuple(head["labels"])
        return cls(
            labels=labels,
            terms=Terms.load_tensors(tensors),
            ours=head["ours"],
            temperatures=tuple(tensors["temperatures"].tolist()),
            surely=tuple(tensors["surely"].tolist()),
            detector=outside.OutOfScopeDetector(tuple(weights), bias, threshold),
            several=Several.load_numbers(tensors["several"]) if "several" in tensors else None,
            evidence=Evidence(
                labels,
                tensors["confidence"],
                tensors["guess"].astype(np.int64),
                tensors["truth"].astype(np.int64),
                tensors["outside"],
                tensors["audited"],
                _load_strangers(tensors),
            ),
            **{
                name: tensors[name]
                for name in ("weights", "bias", "examples", "near", "both", "by_term")
            },
        )


def _dump_strangers(strangers: Strangers) -> dict[str, Any]:
    return {
        "stranger_confidence": strangers.confidence,
        "stranger_guess": strangers.guess.astype(np.int16),
        "stranger_outside": strangers.outside,
        "stranger_intent": strangers.intent.astype(np.int16),
    }


def _load_strangers(tensors: dict[str, Any]) -> Strangers:
    """Those of a version; one of an earlier release has none."""
    if "stranger_intent" not in tensors:
        return NO_STRANGERS
    return Strangers(
        tensors["stranger_confidence"],
        tensors["stranger_guess"].astype(np.int64),
        tensors["stranger_outside"],
        tensors["stranger_intent"].astype(np.int64),
    )


def _load_tensors(data: bytes) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        form = json.loads(tensors["head"].tobytes())["form"]
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(
            "These bytes are no classifier of this version: train it again."
        ) from error
    if form != WEIGHTS_FORMAT:
        raise ValueError(f"This classifier has form {form}, not {WEIGHTS_FORMAT}: train it again.")
    return dict(tensors)


def round_vectors(vectors: Matrix) -> Matrix:
    """Vectors rounded to float16, the precision in which the examples are kept, as float32."""
    return np.asarray(vectors, np.float16).astype(np.float32)


def average_log_shares(
    scores: Sequence[Any], temperatures: Sequence[float], weights: Sequence[float] = MACHINE_WEIGHTS
) -> Any:
    """Log-shares (n, labels): the weighted mean of the machines' log-probabilities."""
    each = [
        weight * compute_log_shares(score, t)
        for score, t, weight in zip(scores, temperatures, weights, strict=True)
    ]
    return compute_log_shares(sum(each), sum(weights))


def average_kernel_shares(scores: Sequence[Any], temperatures: Sequence[float]) -> Any:
    """Log-shares (n, labels) of the two SVMs alone, as ``average_log_shares`` has them.

    They can be asked what they would say without an intent.
    """
    return average_log_shares(scores[1:], temperatures[1:], MACHINE_WEIGHTS[1:])
