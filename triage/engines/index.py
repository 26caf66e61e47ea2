"""Searching clauses: words (BM25) and meaning (embeddings) fused, filtered by date.

Every version of every clause is in the index, so that what was in force on any day can
be found, and what nearly was can be shown.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.case import Clause
from triage.step import Card
from triage.steps.retrieve import Found, Hit

if TYPE_CHECKING:
    from triage.engines.encoder import Encoder, Vectors

STOP = "en"
DENSE_SHARE = 0.6  # of the fused score; best on question-clause pairs, see the benchmark
NEAR_MISSES = 2


@dataclass(frozen=True)
class Index:
    """The clauses in a fixed order with what searching needs; ``sha256`` covers them all."""

    clauses: tuple[Clause, ...]
    sha256: str
    words: Any
    vectors: Vectors | None = None


def build(clauses: Sequence[Clause], vectors: Vectors | None = None) -> Index:
    """An index over the clauses; ``vectors`` has shape (len(clauses), 384)."""
    digest = hashlib.sha256()
    for clause in clauses:
        digest.update(repr(clause).encode())
    return Index(tuple(clauses), digest.hexdigest(), _bm25(clauses), vectors)


def text_of(clause: Clause) -> str:
    """What is searched of a clause."""
    return f"{clause.policy_title}. {clause.heading}. {clause.text}"


def _bm25(clauses: Sequence[Clause]) -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets DEBUG on import
    if not clauses:
        return None
    model = bm25s.BM25(k1=0.9, b=0.4)
    model.index(_tokens([text_of(clause) for clause in clauses]), show_progress=False)
    return model


def _tokens(texts: list[str]) -> list[list[str]]:
    import bm25s
    import Stemmer

    tokens: list[list[str]] = bm25s.tokenize(
        texts,
        stopwords=STOP,
        stemmer=Stemmer.Stemmer("english"),
        return_ids=False,
        show_progress=False,
    )
    return tokens


class Search:
    """Finds clauses in force on a day; with an encoder by meaning too."""

    def __init__(self, name: str, index: Index, encoder: Encoder | None = None) -> None:
        self._index, self._encoder = index, encoder
        self._by_ref: dict[str, list[Clause]] = {}
        for clause in index.clauses:
            self._by_ref.setdefault(clause.ref, []).append(clause)
        lexical = Card(name=name, kind="rules", runtime=f"bm25s {version('bm25s')}")
        self.card = encoder.card(name, dense_share=DENSE_SHARE) if encoder else lexical

    def clause(self, ref: str, on: date) -> Clause | None:
        return next((c for c in self._by_ref.get(ref, ()) if c.in_force(on)), None)

    def search(self, query: str, on: date, top: int) -> Found:
        if not self._index.clauses:
            return Found(hits=(), index_sha256=self._index.sha256)
        cosine = self._cosine(query)
        tokens = self._known(query)
        score = _scaled(self._lexical(tokens))
        if cosine is not None:
            score = (1 - DENSE_SHARE) * score + DENSE_SHARE * _scaled(cosine)
        ranked = [int(i) for i in np.argsort(-score, kind="stable") if score[i] > 0]
        in_force = [i for i in ranked if self._index.clauses[i].in_force(on)][:top]
        return Found(
            hits=tuple(
                replace(self._hit(i, rank, cosine), words=self._shared(tokens, i))
                for rank, i in enumerate(in_force, 1)
            ),
            near=tuple(self._near(ranked, in_force, on, cosine)),
            index_sha256=self._index.sha256,
        )

    def _cosine(self, query: str) -> Vectors | None:
        if self._encoder is None or self._index.vectors is None:
            return None
        cosine: Vectors = self._index.vectors @ self._encoder.embed([query])[0]
        return cosine

    def _known(self, query: str) -> list[str]:
        """The stems of the query, each once."""
        return list(dict.fromkeys(_tokens([query])[0]))

    def _lexical(self, tokens: list[str]) -> Any:
        known = [token for token in tokens if token in self._index.words.vocab_dict]
        if not known:
            return np.zeros(len(self._index.clauses))
        return self._index.words.get_scores(known)

    def _hit(self, i: int, rank: int, cosine: Vectors | None, near_miss: str = "") -> Hit:
        return Hit(
            clause=self._index.clauses[i],
            rank=rank,
            score=None if cosine is None else round(float(cosine[i]), 4),
            near_miss=near_miss,
        )

    def _shared(self, tokens: list[str], i: int) -> float:
        there = set(_tokens([text_of(self._index.clauses[i])])[0])
        return round(len(there.intersection(tokens)) / len(tokens), 3) if tokens else 0.0

    def _near(
        self, ranked: list[int], chosen: list[int], on: date, cosine: Vectors | None
    ) -> list[Hit]:
        """Other wordings of the chosen clauses, or better matches, that were not in force."""
        last = ranked.index(chosen[-1]) if chosen else len(ranked)
        better = [i for i in ranked[:last] if not self._index.clauses[i].in_force(on)]
        return [
            self._hit(
                i,
                ranked.index(i) + 1,
                cosine,
                "not yet in force" if self._index.clauses[i].since > on else "no longer in force",
            )
            for i in better[:NEAR_MISSES]
        ]


def _scaled(scores: Any) -> Any:
    """Scores between 0 and 1 by the best and worst of this query."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros(len(scores))
