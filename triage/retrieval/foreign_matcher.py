"""Which saved reply answers a question in another language, by the encoder of many languages.

The signs are those of ``reply_matching`` without the words, which another language does not share;
the weights are fitted on the same past messages, read by this encoder in English: between two
languages the same question is less near, so the chances are rather too low than too high.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from triage.contract.answers import Asked
from triage.contract.saved_reply import Fit, SavedReply
from triage.retrieval.reply_matching import ReplyIndex, TextEncoder, load_weights

FOREIGN_WEIGHTS: Final = Path(__file__).with_name("foreign_matching.json")


class ForeignMatcher:
    """Matches questions in any language with saved replies whose examples are in any other."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder, self._weights = encoder, load_weights(FOREIGN_WEIGHTS)
        self._kept: tuple[tuple[SavedReply, ...], ReplyIndex] | None = None

    def match_replies(
        self, asked: Sequence[Asked], replies: Sequence[SavedReply], fits: Sequence[Fit]
    ) -> list[tuple[int, float]]:
        """For each thing asked the place of the likeliest reply that fits, and its chance."""
        places = np.flatnonzero(fits)
        index = self._build_index(tuple(replies[int(place)] for place in places))
        words = np.asarray(self._encoder.embed([one.words for one in asked]), np.float32)
        contexts = np.asarray(self._encoder.embed([one.context for one in asked]), np.float32)
        likely = np.asarray(fits)[places] == Fit.LIKELY
        features = index.compute_features(words, contexts, [""] * len(asked), likely)
        chances = self._weights.compute_chances(features)
        best = chances.argmax(axis=1)
        return [(int(places[place]), float(chances[row, place])) for row, place in enumerate(best)]

    def _build_index(self, replies: tuple[SavedReply, ...]) -> ReplyIndex:
        """The index of these replies, kept until they change."""
        if self._kept is None or self._kept[0] != replies:
            self._kept = replies, ReplyIndex.build(replies, self._encoder)
        return self._kept[1]
