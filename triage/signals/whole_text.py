"""A text whose encoder tells nothing of its words: what lies without one is read anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from triage.signals.encoded_text import Place, Vectors
from triage.signals.text_features import remove_word


class TextEncoder(Protocol):
    """What turns texts into vectors, as `triage.inference.multilingual` does."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class WholeText:
    """``vector`` of the text, of length one; the ``encoder`` that made it makes more.

    Stands in for `EncodedText` where the signals are read.
    """

    text: str
    vector: Vectors
    encoder: TextEncoder

    @classmethod
    def encode(cls, text: str, encoder: TextEncoder) -> WholeText:
        return cls(text, encoder.embed([text])[0], encoder)

    def estimate_without(self, words: Sequence[str]) -> Vectors:
        """Vectors (words, dimensions) of the text without each word."""
        return self.encoder.embed([remove_word(self.text, word) for word in words])

    def pool_spans(self, spans: Sequence[Place]) -> Vectors:
        """The vector of each span, of shape (spans, dimensions)."""
        return self.encoder.embed([self.text[slice(*span)] for span in spans])
