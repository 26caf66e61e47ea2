"""Which saved reply answers a question: the chance of each that it is the one.

Five signs a reply: how near the question, and the part of the message that leads to it, is to the
one of the reply's questions most like it; how near that part is to the middle of them; the share of
its words, by their rarity, that the reply has; and whether it is for a label that is likely. A
softmax over the replies and "none of these" makes chances of them. Its six weights are fitted by
maximum likelihood on past messages (``learning.reply_calibration``): as they are, two in one mail,
and with the right reply left out, so that none is right.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from triage.nlu.content_words import list_stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.contract.saved_reply import SavedReply

    Vectors = NDArray[np.float32]

SHIPPED: Final = Path(__file__).with_name("reply_matching.json")
SAME_ANSWER_COSINE: Final = 0.75
"""From here on two replies say the same: whichever is meant, either answers."""
FEATURES: Final = ("nearest", "middle", "words", "context", "label")
MIN_RARITY: Final = 0.2  # of a word that every reply has
UNKNOWN_SHARE: Final = 0.5  # of a text without a word that carries content


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
        """Chances (texts, replies) from features (texts, replies, 5)."""
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
    of the middle of these and of the ``answers``, a row a reply. ``stems`` are the words of each,
    ``rarity`` the inverse share of replies that have a word (natural logarithm, smoothed).
    """

    questions: Vectors
    starts: tuple[int, ...]
    middles: Vectors
    answers: Vectors
    stems: tuple[frozenset[str], ...]
    rarity: Mapping[str, float]

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
        stems = tuple(map(_list_reply_stems, replies))
        return cls(parts[0], starts, middles, parts[1], stems, _compute_rarity(stems))

    def _compute_shares(self, text: str) -> Vectors:
        """The share (replies,) of the text's words, by their rarity, that each reply has."""
        rarest = math.log(1 + len(self.stems)) + MIN_RARITY
        weights = {stem: self.rarity.get(stem, rarest) for stem in list_stems(text)}
        whole = sum(weights.values())
        if not whole:
            return np.full(len(self.stems), UNKNOWN_SHARE, np.float32)
        known = [sum(weights[stem] for stem in weights.keys() & own) for own in self.stems]
        return np.array(known, np.float32) / np.float32(whole)

    def merge_alike(self, chances: Vectors) -> Vectors:
        """For each reply the chance (texts, replies) that it or one that says the same answers."""
        alike = self.answers @ self.answers.T >= SAME_ANSWER_COSINE
        return np.minimum(chances @ alike.astype(np.float32), 1.0)

    def compute_features(
        self,
        questions: Vectors,
        contexts: Vectors,
        texts: Sequence[str],
        likely: NDArray[np.bool_],
    ) -> Vectors:
        """Features (texts, replies, 5) of questions and what leads to them, by their vectors
        (texts, dimensions) each, and by the words of the latter; ``likely`` (replies,), or
        (texts, replies), are for a likely label.
        """
        shares = np.stack([self._compute_shares(text) for text in texts])
        return np.stack(
            [
                self._find_nearest(questions),
                contexts @ self.middles.T,
                shares,
                self._find_nearest(contexts),
                np.broadcast_to(likely, shares.shape).astype(np.float32),
            ],
            axis=-1,
        )

    def _find_nearest(self, texts: Vectors) -> Vectors:
        """The cosine (texts, replies) to the question of each reply that is most like it."""
        return np.maximum.reduceat(texts @ self.questions.T, self.starts, axis=1)


def _list_reply_stems(reply: SavedReply) -> frozenset[str]:
    said = (wording.text for wording in reply.wordings)
    return list_stems(" ".join([reply.title, *reply.questions, *said]))


def _compute_rarity(stems: Sequence[frozenset[str]]) -> dict[str, float]:
    seen = Counter(stem for own in stems for stem in own)
    return {
        stem: math.log((1 + len(stems)) / (1 + count)) + MIN_RARITY for stem, count in seen.items()
    }
