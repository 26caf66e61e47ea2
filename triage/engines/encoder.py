"""all-MiniLM-L6-v2 through sentence-transformers, and the head that labels with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from triage.case import Intent
from triage.roster import Entry, verified
from triage.step import Card, EngineError, EngineUnavailable
from triage.steps.classify import Guess

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Encoder:
    """Texts to unit vectors of 384 float32. Raises EngineUnavailable when the file is not the pinned one."""

    def __init__(self, entry: Entry, threads: int = 1) -> None:
        path = verified(entry)
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            raise EngineUnavailable(f"{entry.name}: {error}. Run `make install`.") from error
        disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(threads)
        self.entry = entry
        try:
            self._model = SentenceTransformer(
                str(path.parent), device="cpu", local_files_only=True, backend="torch"
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise EngineUnavailable(f"{entry.name} cannot be loaded: {error}") from error

    def embed(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Vectors of shape (len(texts), 384), each of length one."""
        vectors: Vectors = self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=progress, batch_size=32
        )
        return vectors

    def card(self, name: str, **settings: Any) -> Card:
        return Card(
            name=name,
            kind=self.entry.model_class,
            runtime=f"sentence-transformers {version('sentence-transformers')}, torch {version('torch')}",
            weights=self.entry.sha256,
            quantization="float32",
            settings=settings,
        )


@dataclass(frozen=True)
class Head:
    """Logistic regression over an embedding: logits = (x @ weights.T + bias) / temperature.

    ``weights`` has shape (labels, 384). The label "" stands for none of ours.
    """

    labels: tuple[str, ...]
    weights: Vectors
    bias: Vectors
    temperature: float
    promise: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, vectors: Vectors) -> Vectors:
        """Calibrated probabilities of shape (len(vectors), labels)."""
        import numpy as np

        logits = (vectors @ self.weights.T + self.bias) / self.temperature
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        shares: Vectors = odds / odds.sum(axis=1, keepdims=True)
        return shares

    def dumps(self) -> bytes:
        """The head as safetensors."""
        import numpy as np
        from safetensors.numpy import save

        tensors = {
            "weights": np.ascontiguousarray(self.weights, np.float32),
            "bias": np.ascontiguousarray(self.bias, np.float32),
            "temperature": np.array([self.temperature], np.float32),
        }
        return save(tensors)

    @classmethod
    def loads(cls, data: bytes, labels: Sequence[str], promise: Mapping[str, Any]) -> Head:
        from safetensors.numpy import load

        tensors = load(data)
        return cls(
            labels=tuple(labels),
            weights=tensors["weights"],
            bias=tensors["bias"],
            temperature=float(tensors["temperature"][0]),
            promise=promise,
        )


class EncoderLabeller:
    """Labels a ticket with the active head; its confidence is calibrated."""

    def __init__(self, encoder: Encoder, head: Head, name: str, sha256: str) -> None:
        self._encoder, self._head = encoder, head
        self.card = encoder.card(name, head_sha256=sha256, temperature=round(head.temperature, 4))

    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess:
        if not text.strip():
            raise EngineError("there is no text to label")
        shares = self._head.probabilities(self._encoder.embed([text]))[0]
        first, second = shares.argsort()[::-1][:2]
        return Guess(
            label=self._head.labels[first],
            confidence=float(shares[first]),
            basis="model",
            runner_up=self._head.labels[second],
            runner_up_confidence=float(shares[second]),
            threshold=self._head.promise.get("threshold"),
            promise=self._head.promise,
        )
