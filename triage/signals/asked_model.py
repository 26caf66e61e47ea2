"""What a piece of a message does: ask a question, wish for something, or tell."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.nlu.asked_signs import iter_tokens, list_signs

Matrix = NDArray[np.float32]
TOKEN_SCALE, VECTOR_SCALE = 3.0, 2.0
"""How much words and meaning weigh beside the plain signs, which are 0 or 1."""


@dataclass(frozen=True)
class AskedModel:
    """Two logistic regressions over words, meaning and plain signs of a piece.

    ``tokens`` are the words known, with their ``rarity``; ``weights`` (features, 2) and ``bias``
    (2,) are for "asks" and, of what asks, "wishes". A piece asks from ``threshold`` on.
    """

    tokens: tuple[str, ...]
    rarity: Matrix
    weights: Matrix
    bias: Matrix
    threshold: float
    sha256: str = ""

    def compute_probabilities(self, pieces: Sequence[str], vectors: Matrix) -> Matrix:
        """Probabilities (pieces, 2) to ask, and to wish if it asks; ``vectors`` (pieces, 384)."""
        scores = build_features(self.tokens, self.rarity, self._index_tokens, pieces, vectors)
        return np.asarray(1 / (1 + np.exp(-(scores @ self.weights + self.bias))), np.float32)

    @cached_property
    def _index_tokens(self) -> dict[str, int]:
        return {token: place for place, token in enumerate(self.tokens)}

    def dumps(self) -> bytes:
        """The model as safetensors: the same model is the same bytes."""
        from safetensors.numpy import save

        names = np.frombuffer(json.dumps(self.tokens, ensure_ascii=False).encode(), np.uint8)
        return save(
            {
                "tokens": names,
                "rarity": self.rarity,
                "weights": self.weights,
                "bias": self.bias,
                "threshold": np.array([self.threshold], np.float32),
            }
        )

    @classmethod
    def loads(cls, data: bytes) -> AskedModel:
        from safetensors.numpy import load

        tensors = load(data)
        return cls(
            tuple(json.loads(tensors["tokens"].tobytes())),
            tensors["rarity"],
            tensors["weights"],
            tensors["bias"],
            float(tensors["threshold"][0]),
            hashlib.sha256(data).hexdigest(),
        )


def build_features(
    tokens: Sequence[str],
    rarity: Matrix,
    places: dict[str, int],
    pieces: Sequence[str],
    vectors: Matrix,
) -> Any:
    """The features (pieces, tokens + 384 + signs) of each piece."""
    words = np.zeros((len(pieces), len(tokens)), np.float32)
    for row, piece in enumerate(pieces):
        for token, count in Counter(iter_tokens(piece)).items():
            if token in places:
                words[row, places[token]] = (1 + np.log(count)) * rarity[places[token]]
    words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-9)
    signs = np.array([list_signs(piece) for piece in pieces], np.float32)
    return np.hstack([words * TOKEN_SCALE, np.asarray(vectors) * VECTOR_SCALE, signs])
