"""A text with the vectors of its tokens, and what other vectors can be told from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.signals.text_features import WORD_PATTERN, split_words

Vectors = NDArray[np.float32]
Place = tuple[int, int]


class TokenEncoder(Protocol):
    """What turns texts into vectors, as `triage.inference.encoder.Encoder` does."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...

    def embed_text(self, text: str) -> tuple[Vectors, Vectors]: ...

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]: ...

    def locate_tokens(self, text: str) -> list[Place]: ...


@dataclass(frozen=True)
class EncodedText:
    """``vector`` of the text, (384,), and ``tokens`` of its word pieces, (tokens, 384), all of
    length one; the ``encoder`` that made them makes more.
    """

    text: str
    vector: Vectors
    tokens: Vectors
    encoder: TokenEncoder

    @classmethod
    def encode(cls, text: str, encoder: TokenEncoder) -> EncodedText:
        return cls(text, *encoder.embed_text(text), encoder)

    @classmethod
    def encode_each(cls, texts: Sequence[str], encoder: TokenEncoder) -> Iterator[EncodedText]:
        """Many texts in few passes: the vectors may differ in the fifth digit from `encode`'s."""
        vectors, tokens = encoder.embed_with_tokens(texts)
        for text, vector, pieces in zip(texts, vectors, tokens, strict=True):
            yield cls(text, vector, pieces, encoder)

    def estimate_without(self, words: Sequence[str]) -> Vectors:
        """Vectors (words, 384) of the text without each word, told from its tokens: what the
        others mean beside the word stays in them.
        """
        whole = self.tokens.sum(axis=0)
        left = np.array([whole - self._sum_places(self._find_word(word)) for word in words])
        return _normalize(self.vector + _normalize(left) - _normalize(whole))

    def pool_spans(self, spans: Sequence[Place]) -> Vectors:
        """The mean of the tokens in each span, of shape (spans, 384) and of length one.

        A span that the encoder did not reach, since the text is longer than it reads, has none.
        """
        summed = np.array([self._sum_places([span]) for span in spans], np.float32)
        reached = summed.reshape(-1, self.vector.size)
        return _normalize(reached[reached.any(axis=1)])

    @cached_property
    def _places(self) -> list[Place]:
        return self.encoder.locate_tokens(self.text)[: len(self.tokens)]

    def _find_word(self, word: str) -> list[Place]:
        found = WORD_PATTERN.finditer(self.text)
        return [match.span() for match in found if split_words(match.group()) == [word]]

    def _sum_places(self, spans: Sequence[Place]) -> Vectors:
        rows = [
            row
            for row, (begin, end) in enumerate(self._places)
            if any(begin < stop and start < end for start, stop in spans)
        ]
        summed: Vectors = self.tokens[rows].sum(axis=0)
        return summed


def _normalize(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-12)
    return unit
