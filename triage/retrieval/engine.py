"""The engine of the retrieve step: clauses in force on a day, each with its chance to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

import numpy as np

from triage.contract.case import Clause
from triage.contract.step import EngineInfo
from triage.retrieval import fusion
from triage.retrieval.index import Index
from triage.retrieval.ranking import Ranked, rank_by_words, rank_clauses, read_query
from triage.retrieval.relevance import Relevance, extract_features, load_shipped
from triage.signals.encoded_text import TokenEncoder
from triage.steps.retrieve import Hit, SearchResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.retrieval.ranking import Mask
    from triage.retrieval.relevance import ClauseFeatures

    Days = NDArray[np.int64]

MAX_NEAR_MISSES = 2
MAX_CANDIDATES = 10  # of the best, so that a chance is weighed against the runners-up


class IdentifiedEncoder(TokenEncoder, Protocol):
    """An encoder that says who it is."""

    def build_engine_info(self, name: str, **settings: object) -> EngineInfo: ...


class Search:
    """Finds clauses in force on a day by their words, with an encoder by meaning too."""

    def __init__(
        self,
        name: str,
        index: Index,
        encoder: IdentifiedEncoder | None = None,
        relevance: Relevance | None = None,
    ) -> None:
        self._index, self._encoder = index, encoder
        self._relevance = relevance or load_shipped("hybrid" if encoder else "lexical")
        self._since, self._until = _get_force_days(index.clauses)
        self._by_ref: dict[str, list[Clause]] = {}
        for clause in index.clauses:
            self._by_ref.setdefault(clause.ref, []).append(clause)
        self.card = self._build_engine_info(name)

    def _build_engine_info(self, name: str) -> EngineInfo:
        made = {"relevance": self._relevance.made}
        if self._encoder:
            return self._encoder.build_engine_info(
                name, dense=fusion.DENSE_SHARE, late=fusion.LATE_SHARE, **made
            )
        runtime = f"bm25s {version('bm25s')}"
        return EngineInfo(name=name, kind="rules", runtime=runtime, settings=made)

    def clause(self, ref: str, on: date) -> Clause | None:
        """The wording of a clause that is in force on that day."""
        return next((c for c in self._by_ref.get(ref, ()) if c.is_in_force(on)), None)

    def search(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        """The best clauses in force, at most ``top``, and better ones that were not.

        ``message`` is what the encoder is to read of a query with a head: see ``read_query``.
        """
        if not self._index.clauses or not query.strip():
            return SearchResult(hits=(), index_sha256=self._index.sha256)
        in_force = (self._since <= on.toordinal()) & (on.toordinal() < self._until)
        ranked = self._rank_query(query, message, in_force)
        order = ranked.sort_places()
        best = order[in_force[order]][:MAX_CANDIDATES].tolist()
        hits = self._build_hits(ranked, best)[:top]
        return SearchResult(
            hits=tuple(hits),
            near=tuple(self._find_near_misses(ranked, order.tolist(), best[:top], on)),
            index_sha256=self._index.sha256,
            by_meaning=ranked.cosine is not None,
        )

    def _rank_query(self, query: str, message: str, in_force: Mask) -> Ranked:
        if self._encoder is None or self._index.embedded is None:
            return rank_by_words(self._index, query)
        return rank_clauses(self._index, read_query(query, self._encoder, message), in_force)

    def _build_hits(self, ranked: Ranked, places: Sequence[int]) -> list[Hit]:
        seen = extract_features(self._index, ranked, places)
        chances = self._relevance.compute_probabilities(seen)
        return [
            self._build_hit(ranked, i, number, seen=one, relevance=chance)
            for number, (i, one, chance) in enumerate(zip(places, seen, chances, strict=True), 1)
        ]

    def _build_hit(
        self, ranked: Ranked, i: int, number: int, *, seen: ClauseFeatures, relevance: float
    ) -> Hit:
        return Hit(
            clause=self._index.clauses[i],
            rank=number,
            score=None if ranked.cosine is None else round(float(ranked.cosine[i]), 4),
            words=round(seen.words, 3),
            relevance=round(relevance, 4),
        )

    def _find_near_misses(
        self, ranked: Ranked, order: Sequence[int], chosen: Sequence[int], on: date
    ) -> list[Hit]:
        """What matched better than the last chosen and was not in force, once a clause."""
        last = order.index(chosen[-1]) if chosen else len(order)
        better: dict[str, int] = {}
        for i in order[:last]:
            if ranked.is_candidate(i) and not self._index.clauses[i].is_in_force(on):
                better.setdefault(self._index.clauses[i].ref, i)
        places = list(better.values())[:MAX_NEAR_MISSES]
        return [self._build_near_miss(ranked, order, chosen, i, on) for i in places]

    def _build_near_miss(
        self, ranked: Ranked, order: Sequence[int], chosen: Sequence[int], i: int, on: date
    ) -> Hit:
        """The hit of a clause as if it were in force, against the others that are."""
        clauses = self._index.clauses
        others = [j for j in chosen if clauses[j].ref != clauses[i].ref]
        hit = self._build_hits(ranked, [i, *others])[0]
        return replace(hit, rank=order.index(i) + 1, near_miss=explain_not_in_force(clauses[i], on))


def _get_force_days(clauses: Sequence[Clause]) -> tuple[Days, Days]:
    """The first day in force and the first no longer, as ordinals, shape (n,) each."""
    since = [clause.since.toordinal() for clause in clauses]
    until = [(clause.until or date.max).toordinal() for clause in clauses]
    return np.array(since, np.int64), np.array(until, np.int64)


def explain_not_in_force(clause: Clause, on: date) -> str:
    """Why a clause does not count on a day."""
    return "not yet in force" if clause.since > on else "no longer in force"
