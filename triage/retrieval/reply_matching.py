"""Which saved reply answers a question: the chance of each that it is the one.

Three cosines a reply: of the question to the one most like it, and of the part of the message
that leads to the question to the middle of the reply's questions and to what it says. A softmax
over the replies and "none of these" makes chances of them. Its four weights are fitted by maximum
likelihood on past messages (``learning.reply_calibration``): as they are, two in one mail, and
with the right reply left out, so that none is right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.contract.saved_replies import SavedReply

    Vectors = NDArray[np.float32]

SHIPPED: Final = Path(__file__).with_name("reply_matching.json")
SAME_ANSWER_COSINE: Final = 0.75
"""From here on two replies say the same: whichever is meant, either answers."""
FEATURES: Final = ("nearest", "middle", "answer")


class TextEncoder(Protocol):
    """An encoder of short texts: unit vectors (texts, dimensions)."""

    def embed(self, texts: Sequence[str]) -> Any: ...


@dataclass(frozen=True)
class ReplyWeights:
    """The weight of each cosine, in the order of ``FEATURES``, and the score of "none of these"."""

    weights: tuple[float, ...]
    none: float
    made: str = ""

    def compute_chances(self, features: Vectors) -> Vectors:
        """Chances (texts, replies) from features (texts, replies, 3)."""
        scores = features @ np.array(self.weights, np.float32)
        scores = np.concatenate([scores, np.full((len(scores), 1), self.none, np.float32)], axis=1)
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        return np.asarray((chances / chances.sum(axis=1, keepdims=True))[:, :-1], np.float32)

    def dumps(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def load_weights(path: Path = SHIPPED) -> ReplyWeights:
    """The weights of a file, those that come with the program unless told otherwise."""
    read = json.loads(path.read_text("utf-8"))
    return ReplyWeights(tuple(read["weights"]), read["none"], read["made"])


@dataclass(frozen=True)
class ReplyIndex:
    """The vectors of saved replies: of their ``questions``, with where those of each ``start``, and
    of the middle of these and of the ``answers``, a row a reply.
    """

    questions: Vectors
    starts: tuple[int, ...]
    middles: Vectors
    answers: Vectors

    @classmethod
    def build(cls, replies: Sequence[SavedReply], encoder: TextEncoder) -> ReplyIndex:
        """The index of at least one reply, in few passes of the encoder."""
        questions = [question for reply in replies for question in reply.questions]
        answers = [f"{reply.title}. {reply.wordings[0].text}" for reply in replies]
        made = np.asarray(encoder.embed([*questions, *answers]), np.float32)
        parts = np.split(made, [len(questions)])
        counts = [len(reply.questions) for reply in replies[:-1]]
        starts = tuple(int(start) for start in np.cumsum([0, *counts]))
        sums = np.add.reduceat(parts[0], starts, axis=0)
        middles = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return cls(parts[0], starts, middles, parts[1])

    def merge_alike(self, chances: Vectors) -> Vectors:
        """For each reply the chance (texts, replies) that it or one that says the same answers."""
        alike = self.answers @ self.answers.T >= SAME_ANSWER_COSINE
        return np.minimum(chances @ alike.astype(np.float32), 1.0)

    def compute_features(self, questions: Vectors, contexts: Vectors) -> Vectors:
        """Features (texts, replies, 3) of questions and what leads to them, by their vectors
        (texts, dimensions) each.
        """
        return np.stack(
            [
                np.maximum.reduceat(questions @ self.questions.T, self.starts, axis=1),
                contexts @ self.middles.T,
                contexts @ self.answers.T,
            ],
            axis=-1,
        )
