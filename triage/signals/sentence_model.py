"""Sentences of one kind found by their words and letters: replies that give money, mails that give
orders to the machine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.signals.tfidf import Terms

NUMBER_PATTERN = re.compile(r"\d+(?:[.,]\d+)*")

Vector = NDArray[np.float32]


def normalize_numbers(sentence: str) -> str:
    """The sentence with every number replaced by 0: which number it is tells nothing."""
    return NUMBER_PATTERN.sub("0", sentence)


@dataclass(frozen=True)
class SentenceModel:
    """A logistic regression: ``weights`` (terms,), ``bias`` and the ``threshold`` of its chance.

    ``sha256`` is the digest of the file that it was read from, "" for one just fitted.
    """

    terms: Terms
    weights: Vector
    bias: float
    threshold: float
    sha256: str = ""

    def compute_probabilities(self, sentences: Sequence[str]) -> Vector:
        """Probabilities (sentences,) that each sentence is of the kind."""
        scores = np.array([self._score_sentence(sentence) for sentence in sentences])
        return np.asarray(1 / (1 + np.exp(-scores)), np.float32)

    def flag_sentences(self, sentences: Sequence[str]) -> list[bool]:
        """For each sentence whether its probability reaches the threshold."""
        return [bool(chance >= self.threshold) for chance in self.compute_probabilities(sentences)]

    def _score_sentence(self, sentence: str) -> float:
        columns, counts = self.terms.build_row(normalize_numbers(sentence))
        return float(counts @ self.weights[columns]) + self.bias

    def dumps(self) -> bytes:
        """The model as safetensors: the same model is the same bytes."""
        from safetensors.numpy import save

        scale = np.array([self.bias, self.threshold], np.float32)
        return save({**self.terms.dump_tensors(), "weights": self.weights, "scale": scale})

    @classmethod
    def loads(cls, data: bytes) -> SentenceModel:
        from safetensors.numpy import load

        tensors = load(data)
        bias, threshold = (float(value) for value in tensors["scale"])
        terms, digest = Terms.load_tensors(tensors), hashlib.sha256(data).hexdigest()
        return cls(terms, tensors["weights"], bias, threshold, digest)
