"""Clauses by their words: BM25 over stems.

The sentences that ask something count twice, the rest of what a customer tells once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.nlu.sentences import split_sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

STOP_WORDS = "en"
K1, B = 0.9, 0.4  # for short passages: Lin et al., Anserini's defaults


def stem_texts(texts: Sequence[str]) -> list[list[str]]:
    """The stems of each text in their order, without stop words."""
    import bm25s

    tokens: list[list[str]] = bm25s.tokenize(
        list(texts),
        stopwords=STOP_WORDS,
        stemmer=_load_stemmer(),
        return_ids=False,
        show_progress=False,
    )
    return tokens


def stem_text(text: str) -> tuple[str, ...]:
    """The stems of one text; kept nowhere, as a query is a customer's message."""
    return tuple(stem_texts([text])[0])


@cache
def _load_stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def repeat_questions(text: str) -> str:
    """The text, followed once more by those of its sentences that are questions."""
    questions = [said for said in split_sentences(text) if said.endswith("?")]
    return " ".join((text, *questions))


class Bm25Index:
    """BM25 (Robertson and Zaragoza 2009, as bm25s counts it) over the stems of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._stems = [frozenset(each) for each in stem_texts(texts)]
        self._model = _build_bm25(texts)
        self._idf = self._compute_rarity()

    def _compute_rarity(self) -> dict[str, float]:
        count: dict[str, int] = {}
        for each in self._stems:
            for stem in each:
                count[stem] = count.get(stem, 0) + 1
        return {stem: self._compute_weight(df) for stem, df in count.items()}

    def _compute_weight(self, df: int) -> float:
        return float(np.log(1 + (len(self._stems) - df + 0.5) / (df + 0.5)))

    def score_texts(self, query: str) -> Scores:
        """BM25 of every text, shape (n,); zeros where no word is shared."""
        if self._model is None:
            return np.zeros(len(self._stems), np.float32)
        known = [stem for stem in stem_text(repeat_questions(query)) if stem in self._idf]
        if not known:
            return np.zeros(len(self._stems), np.float32)
        scores: Scores = self._model.get_scores(known)
        return scores

    def compute_shares(self, query: str, places: Sequence[int]) -> list[float]:
        """How much of the query, by the rarity of its stems, each of these texts has: 0 to 1."""
        weights = {stem: self._idf.get(stem, self._compute_weight(0)) for stem in stem_text(query)}
        total = sum(weights.values()) or 1.0
        return [
            sum(weight for stem, weight in weights.items() if stem in self._stems[i]) / total
            for i in places
        ]


def _build_bm25(texts: Sequence[str]) -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets DEBUG on import
    tokens = stem_texts(texts)
    if not any(tokens):
        return None
    model = bm25s.BM25(k1=K1, b=B)
    model.index(tokens, show_progress=False)
    return model
