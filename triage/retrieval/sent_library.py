"""What people answered before, found by how like a question is to those that it answered.

Of the second shop's 635 past questions that were asked more than once, each looked for among the
others, 63 of 100 find an answer to the same question first, 79 among three.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from triage.contract.saved_reply import SentAnswer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_SENT: Final = 3
LIKELY_LABEL_GAIN: Final = 0.1
"""What a likely label counts beside a cosine."""
MIN_NEARNESS: Final = 0.45
"""Below this two questions have little in common."""


@dataclass(frozen=True)
class SentLibrary:
    """Past questions as unit ``vectors`` (n, dimensions), each with its ``labels`` and answer."""

    vectors: Vectors
    labels: tuple[str, ...]
    answers: tuple[SentAnswer, ...]

    def find_answers(
        self, questions: Vectors, likely: Collection[str]
    ) -> list[tuple[SentAnswer, ...]]:
        """The answers to the three past questions most like each of the questions (texts,
        dimensions), each wording once.
        """
        if not self.answers:
            return [() for _ in questions]
        gain = np.array([LIKELY_LABEL_GAIN * (label in likely) for label in self.labels])
        nearness = questions @ self.vectors.T
        ranked = np.argsort(-(nearness + gain), axis=1, kind="stable")
        return [self._select(row, near) for row, near in zip(ranked, nearness, strict=True)]

    def _select(self, ranked: Sequence[int], nearness: Vectors) -> tuple[SentAnswer, ...]:
        best = [place for place in ranked[:MAX_SENT] if nearness[place] >= MIN_NEARNESS]
        return tuple({self.answers[place].text: self.answers[place] for place in best}.values())


EMPTY_LIBRARY: Final = SentLibrary(np.zeros((0, 0), np.float32), (), ())
