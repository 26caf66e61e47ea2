"""Words and letters of a text as sparse weights: TF-IDF with sublinear counts, in unit length."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD_SETTINGS: Mapping[str, Any] = {"ngram_range": (1, 2)}
LETTER_SETTINGS: Mapping[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 5)}
MAX_TEXT_CHARS = 4000  # characters looked at: what a customer wants is said by then


@dataclass(frozen=True)
class Terms:
    """Two vocabularies, word 1-2-grams and letter 2-5-grams within words, and their weights.

    ``words`` and ``letters`` hold the terms in column order, ``rarity`` the inverse document
    frequency of all of them, words first.
    """

    words: tuple[str, ...]
    letters: tuple[str, ...]
    rarity: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.words) + len(self.letters)

    def build_matrix(self, texts: Sequence[str]) -> Any:
        """A sparse matrix of shape (texts, terms); each half of a row has length one or zero."""
        from scipy.sparse import csr_matrix

        rows = [self.build_row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows] or [np.zeros(0, np.int32)])
        weights = np.concatenate([weights for _, weights in rows] or [np.zeros(0, np.float32)])
        return csr_matrix((weights, columns, ends), shape=(len(texts), len(self)))

    def build_row(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The columns of the terms that occur in a text, and their weights."""
        halves = list(self._iter_halves(text[:MAX_TEXT_CHARS]))
        return (
            np.concatenate([columns for columns, _ in halves]),
            np.concatenate([weights for _, weights in halves]),
        )

    def _iter_halves(self, text: str) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        for analyze, places in self._analyzers:
            counts = Counter(places[term] for term in analyze(text) if term in places)
            columns = np.fromiter(counts, np.int32, len(counts))
            often = np.fromiter(counts.values(), np.float32, len(counts))
            weights = (1 + np.log(often)) * self.rarity[columns]
            yield columns, weights / max(float(np.sqrt(weights @ weights)), 1e-9)

    @cached_property
    def _analyzers(self) -> tuple[tuple[Any, dict[str, int]], ...]:
        cut = len(self.words)
        return (
            (_build_vectorizer(WORD_SETTINGS).build_analyzer(), _index_terms(self.words, 0)),
            (_build_vectorizer(LETTER_SETTINGS).build_analyzer(), _index_terms(self.letters, cut)),
        )

    def dump_tensors(self) -> dict[str, Any]:
        text = json.dumps([self.words, self.letters], ensure_ascii=False)
        return {"rarity": self.rarity, "terms": np.frombuffer(text.encode(), np.uint8)}

    @classmethod
    def load_tensors(cls, tensors: Mapping[str, Any]) -> Terms:
        words, letters = json.loads(tensors["terms"].tobytes())
        return cls(tuple(words), tuple(letters), tensors["rarity"])


def learn_terms(texts: Sequence[str]) -> Terms:
    """The terms of these texts; groups of letters that occur in one text only are left out."""
    texts = [text[:MAX_TEXT_CHARS] for text in texts]
    names, rarity = [], []
    for settings in (WORD_SETTINGS, {**LETTER_SETTINGS, "min_df": min(2, len(texts))}):
        part = _build_vectorizer(settings).fit(texts)
        names.append(tuple(part.get_feature_names_out().tolist()))
        rarity.append(part.idf_)
    return Terms(names[0], names[1], np.concatenate(rarity).astype(np.float32))


def _build_vectorizer(settings: Mapping[str, Any]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(**settings)


def _index_terms(terms: Sequence[str], first: int) -> dict[str, int]:
    return {term: place for place, term in enumerate(terms, first)}
