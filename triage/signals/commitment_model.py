"""The chance that a sentence of a reply gives the customer money, or says that it was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.signals.tfidf import Terms

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

Vector = NDArray[np.float32]


def as_read(sentence: str) -> str:
    """One number is as good as another."""
    return NUMBER.sub("0", sentence)


@dataclass(frozen=True)
class PromiseModel:
    """A logistic regression: ``weights`` (terms,), ``bias`` and the ``threshold`` of its chance."""

    terms: Terms
    weights: Vector
    bias: float
    threshold: float

    def chances(self, sentences: Sequence[str]) -> Vector:
        """Probabilities (sentences,) of a promise."""
        scores = np.array([self._score(sentence) for sentence in sentences])
        return np.asarray(1 / (1 + np.exp(-scores)), np.float32)

    def promises(self, sentences: Sequence[str]) -> list[bool]:
        return [bool(chance >= self.threshold) for chance in self.chances(sentences)]

    def _score(self, sentence: str) -> float:
        columns, counts = self.terms.row(as_read(sentence))
        return float(counts @ self.weights[columns]) + self.bias

    def dumps(self) -> bytes:
        """The model as safetensors: the same model is the same bytes."""
        from safetensors.numpy import save

        scale = np.array([self.bias, self.threshold], np.float32)
        return save({**self.terms.tensors(), "weights": self.weights, "scale": scale})

    @classmethod
    def loads(cls, data: bytes) -> PromiseModel:
        from safetensors.numpy import load

        tensors = load(data)
        bias, threshold = (float(value) for value in tensors["scale"])
        return cls(Terms.from_tensors(tensors), tensors["weights"], bias, threshold)
