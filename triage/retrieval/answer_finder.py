"""The engine of the answer step: what a message asks, and which saved reply is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from triage.contract.answers import Asked, AskedKind
from triage.contract.case import Clause
from triage.contract.saved_reply import Fit, SavedReply, SentAnswer
from triage.contract.step import EngineInfo, EngineUnavailable
from triage.nlu.asked_pieces import cut_pieces
from triage.nlu.asked_signs import QUESTION
from triage.retrieval.foreign_matcher import ForeignMatcher
from triage.retrieval.reply_matching import ReplyIndex, load_weights
from triage.retrieval.sent_library import EMPTY_LIBRARY, SentLibrary
from triage.steps.retrieve import Searcher, SearchResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.signals.asked_model import AskedModel
    from triage.signals.encoded_text import TokenEncoder

    Vectors = NDArray[np.float32]


def _find_kind(piece: str, wishes: float) -> AskedKind:
    """A wish to be told something is a question, however it is put."""
    told = QUESTION.search(piece) is not None
    return AskedKind.WISH if wishes >= 0.5 and not told else AskedKind.QUESTION


SURELY_TOLD: Final = 0.2
"""The least chance to ask from which a piece with a question mark is a question: one that is
overlooked is worse than one that nobody meant.
"""


SURELY_ASKED, BESIDE_SURE = 0.8, 0.55


class AnswerFinder:
    """Takes a message apart by a small model of pieces, and compares by the encoder."""

    def __init__(
        self,
        encoder: TokenEncoder,
        searcher: Searcher,
        asked: AskedModel,
        *,
        least_reply: float,
        least_clause: float,
        card: EngineInfo,
        library: SentLibrary = EMPTY_LIBRARY,
        foreign: Callable[[], ForeignMatcher] | None = None,
    ) -> None:
        self._encoder, self._searcher = encoder, searcher
        self._asked = asked
        self.least_reply, self.least_clause = least_reply, least_clause
        self.card, self._library = card, library
        self._foreign = foreign
        self._weights = load_weights()
        self._kept: tuple[tuple[SavedReply, ...], ReplyIndex] | None = None
        self._read: tuple[tuple[Asked, ...], tuple[Vectors, Vectors]] | None = None

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]:
        """The pieces of the text that ask for something, in their order; those of the subject
        where the text has none.
        """
        whole = f"{subject}\n{text}".strip()
        found = self._find_asking(cut_pieces(text))
        if len(found) > 1:
            return found
        found = found or self._find_asking(cut_pieces(subject))[:1]
        return tuple(replace(one, context=whole) for one in found)

    def _find_asking(self, pieces: Sequence[str]) -> tuple[Asked, ...]:
        """The pieces that ask for something, each with those that lead to it: from behind the one
        before it, the last one with all that follows.
        """
        if not pieces:
            return ()
        vectors = np.asarray(self._encoder.embed(pieces), np.float32)
        chances = self._asked.compute_probabilities(pieces, vectors)
        least = self._choose_threshold(float(chances[:, 0].max()))
        asking = [
            place
            for place, (piece, chance) in enumerate(zip(pieces, chances[:, 0], strict=True))
            if chance >= (SURELY_TOLD if piece.endswith("?") else least)
        ]
        begins = [0, *(place + 1 for place in asking)]
        ends = [*(place + 1 for place in asking[:-1]), len(pieces)]
        return tuple(
            Asked(
                words=pieces[place],
                kind=_find_kind(pieces[place], float(chances[place, 1])),
                context=" ".join(pieces[begin:end]),
                vector=vectors[place],
            )
            for place, begin, end in zip(asking, begins, ends, strict=False)
        )

    def _choose_threshold(self, best: float) -> float:
        """From which chance on a piece without a question mark asks: beside one that surely does,
        a story is rather a story.
        """
        return max(self._asked.threshold, BESIDE_SURE if best >= SURELY_ASKED else 0.0)

    def match_replies(
        self,
        asked: Sequence[Asked],
        replies: Sequence[SavedReply],
        fits: Sequence[Fit],
        language: str = "",
    ) -> list[tuple[int, float]]:
        """For each thing asked the place of the reply that is likeliest to answer, of those that
        fit its label, and the chance that it does; a chance of 0 where none fits. What is asked in
        another language is read by the encoder of many. Raises EngineUnavailable without one.
        """
        places = np.flatnonzero(fits)
        if not asked or not len(places):
            return [(0, 0.0) for _ in asked]
        if language:
            return self._load_foreign().match_replies(asked, replies, fits)
        index = self._build_index(tuple(replies))
        chances = np.zeros((len(asked), len(replies)), np.float32)
        contexts = [one.context for one in asked]
        likely = np.asarray(fits) == Fit.LIKELY
        features = index.compute_features(*self._embed_asked(asked), contexts, likely)
        chances[:, places] = self._weights.compute_chances(features[:, places])
        best, merged = chances.argmax(axis=1), index.merge_alike(chances)
        return [(int(place), float(merged[row, place])) for row, place in enumerate(best)]

    def _load_foreign(self) -> ForeignMatcher:
        """What matches messages in other languages. Raises EngineUnavailable."""
        if self._foreign is None:
            raise EngineUnavailable("nothing here reads other languages")
        return self._foreign()

    def find_sent(
        self, asked: Sequence[Asked], labels: Sequence[str]
    ) -> list[tuple[SentAnswer, ...]]:
        """For each thing asked what people wrote to the questions most like it, those with one of
        the likely ``labels`` before others.
        """
        if not asked or not self._library.answers:
            return [() for _ in asked]
        _, contexts = self._embed_asked(asked)
        return self._library.find_answers(contexts, labels)

    def _embed_asked(self, asked: Sequence[Asked]) -> tuple[Vectors, Vectors]:
        """The vectors of the words and of what leads to them, those of the last message kept."""
        if self._read is None or self._read[0] != tuple(asked):
            self._read = tuple(asked), self._embed_anew(asked)
        return self._read[1]

    def _embed_anew(self, asked: Sequence[Asked]) -> tuple[Vectors, Vectors]:
        """The vectors (asked, 384) of the words and of what leads to them: what the steps before
        read already is not read again.
        """
        if len(asked) == 1:
            (one,) = asked
            words = one.vector if one.vector is not None else self._encoder.embed([one.words])[0]
            context, _ = self._encoder.embed_text(one.context)
            return np.array([words], np.float32), np.array([context], np.float32)
        texts = [*(one.words for one in asked), *(one.context for one in asked)]
        words, contexts = np.split(np.asarray(self._encoder.embed(texts), np.float32), 2)
        return words, contexts

    def _build_index(self, replies: tuple[SavedReply, ...]) -> ReplyIndex:
        """The index of these replies, kept until they change."""
        if self._kept is None or self._kept[0] != replies:
            self._kept = replies, ReplyIndex.build(replies, self._encoder)
        return self._kept[1]

    def search_clauses(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        """The clauses in force that are likeliest to answer the query."""
        return self._searcher.search(query, on, top, message)

    def find_clause(self, ref: str, on: date) -> Clause | None:
        """The wording of a clause that is in force on that day."""
        return self._searcher.clause(ref, on)
