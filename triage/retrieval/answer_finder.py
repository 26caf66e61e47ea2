"""The engine of the answer step: what a message asks, and which saved reply is nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from triage.contract.answers import Asked, AskedKind
from triage.contract.case import Clause
from triage.contract.saved_replies import SavedReply
from triage.contract.step import EngineInfo
from triage.nlu.asked_pieces import cut_pieces
from triage.retrieval.reply_matching import ReplyIndex, TextEncoder, load_weights
from triage.steps.retrieve import Searcher, SearchResult

if TYPE_CHECKING:
    from triage.signals.asked_model import AskedModel


def _iter_asked(
    pieces: Sequence[str], found: Sequence[tuple[int, AskedKind]]
) -> Iterator[Asked]:
    """Each asking piece with those that lead to it: from behind the one before it, the last one
    with all that follows.
    """
    begin = 0
    for number, (place, kind) in enumerate(found):
        end = len(pieces) if number == len(found) - 1 else place + 1
        yield Asked(words=pieces[place], kind=kind, context=" ".join(pieces[begin:end]))
        begin = place + 1


SURELY_TOLD: Final = 0.2
"""The least chance to ask from which a piece with a question mark is a question: one that is
overlooked is worse than one that nobody meant.
"""


class AnswerFinder:
    """Takes a message apart by a small model of pieces, and compares by the encoder."""

    def __init__(
        self,
        encoder: TextEncoder,
        searcher: Searcher,
        asked: AskedModel,
        *,
        least_reply: float,
        least_clause: float,
        card: EngineInfo,
    ) -> None:
        self._encoder, self._searcher = encoder, searcher
        self._asked = asked
        self.least_reply, self.least_clause = least_reply, least_clause
        self.card = card
        self._weights = load_weights()
        self._kept: tuple[tuple[SavedReply, ...], ReplyIndex] | None = None

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]:
        """The pieces of the text that ask for something, in their order; those of the subject
        where the text has none.
        """
        pieces = cut_pieces(text)
        found = self._find_asking(pieces)
        if len(found) == 1:
            (place, kind), whole = found[0], f"{subject}\n{text}".strip()
            return (Asked(words=pieces[place], kind=kind, context=whole),)
        if not found and (title := cut_pieces(subject)):
            whole = f"{subject}\n{text}".strip()
            first = self._find_asking(title)[:1]
            return tuple(Asked(words=title[at], kind=kind, context=whole) for at, kind in first)
        return tuple(_iter_asked(pieces, found))

    def _find_asking(self, pieces: Sequence[str]) -> list[tuple[int, AskedKind]]:
        """Where pieces ask for something, and what kind each is."""
        if not pieces:
            return []
        vectors = np.asarray(self._encoder.embed(pieces), np.float32)
        chances = self._asked.compute_probabilities(pieces, vectors)
        return [
            (place, AskedKind.WISH if wishes >= 0.5 else AskedKind.QUESTION)
            for place, (asks, wishes) in enumerate(chances)
            if asks >= (SURELY_TOLD if pieces[place].endswith("?") else self._asked.threshold)
        ]

    def match_replies(
        self, asked: Sequence[Asked], replies: Sequence[SavedReply], fitting: Sequence[bool]
    ) -> list[tuple[int, float]]:
        """For each thing asked the place of the ``fitting`` reply that is likeliest to answer, and
        the chance that it does; a chance of 0 where none is fitting.
        """
        places = np.flatnonzero(fitting)
        if not asked or not len(places):
            return [(0, 0.0) for _ in asked]
        texts = [*(one.words for one in asked), *(one.context for one in asked)]
        vectors = np.asarray(self._encoder.embed(texts), np.float32)
        index = self._build_index(tuple(replies))
        chances = np.zeros((len(asked), len(replies)), np.float32)
        features = index.compute_features(*np.split(vectors, 2), texts[len(asked) :])
        chances[:, places] = self._weights.compute_chances(features[:, places])
        best, merged = chances.argmax(axis=1), index.merge_alike(chances)
        return [(int(place), float(merged[row, place])) for row, place in enumerate(best)]

    def _build_index(self, replies: tuple[SavedReply, ...]) -> ReplyIndex:
        """The index of these replies, kept until they change."""
        if self._kept is None or self._kept[0] != replies:
            self._kept = replies, ReplyIndex.build(replies, self._encoder)
        return self._kept[1]

    def search(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        """The clauses in force that are likeliest to answer the query."""
        return self._searcher.search(query, on, top, message)

    def clause(self, ref: str, on: date) -> Clause | None:
        """The wording of a clause that is in force on that day."""
        return self._searcher.clause(ref, on)

