"""How well and how fast clauses are found, on questions whose clause is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from triage.contract.case import Clause
from triage.learning.question_collections import GoldQuestion
from triage.retrieval.index import Embedded, Index, build_index
from triage.retrieval.late_interaction import Tokens
from triage.retrieval.ranking import Ranked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

T = TypeVar("T")
METHODS = ("BM25", "dense", "fused", "reranked")


@dataclass(frozen=True)
class Score:
    """Shares of the questions whose snippet is in the first 1, 5 and 10; mean reciprocal rank."""

    first: float
    five: float
    ten: float
    mrr: float
    n: int


def count_better(scores: Any, gold: int) -> int:
    """How many come before the gold one: a higher score, or the same and a place before."""
    above = int((scores > scores[gold]).sum())
    return above + int((scores[:gold] == scores[gold]).sum())


def select_scores(one: Ranked, method: str) -> Any:
    return {"BM25": one.words, "dense": one.cosine, "fused": one.fused, "reranked": one.total}[
        method
    ]


def compute_score(places: Places) -> Score:
    """Score ``places``, the numbers of clauses before the gold one, shape (questions,)."""
    if not len(places):
        return Score(0.0, 0.0, 0.0, 0.0, 0)
    first, five, ten = (float((places < k).mean()) for k in (1, 5, 10))
    return Score(first, five, ten, float((1 / (places + 1)).mean()), len(places))


def list_gold_places(
    asked: Sequence[GoldQuestion], found: Mapping[str, Ranked], method: str
) -> Places:
    return np.array(
        [count_better(select_scores(found[each.text], method), each.gold) for each in asked]
    )


def iter_table_lines(asked: Sequence[GoldQuestion], found: Mapping[str, Ranked]) -> Iterator[str]:
    """Lines of a table: each method on all, and on seen and unseen snippets where the file says."""
    yield "| method | questions | recall@1 | recall@5 | recall@10 | MRR | n |"
    yield "|---|---|---|---|---|---|---|"
    for method in METHODS:
        for name, some in iter_groups(asked):
            one = compute_score(list_gold_places(some, found, method))
            shares = " | ".join(f"{x:.1%}" for x in (one.first, one.five, one.ten))
            yield f"| {method} | {name} | {shares} | {one.mrr:.3f} | {one.n} |"


def iter_groups(asked: Sequence[GoldQuestion]) -> Iterator[tuple[str, list[GoldQuestion]]]:
    yield "all", list(asked)
    for name, seen in (("seen", True), ("unseen", False)):
        if some := [each for each in asked if each.seen is seen]:
            yield name, some


def build_repeated_index(clauses: Sequence[Clause], embedded: Embedded, count: int) -> Index:
    """An index of ``count`` clauses: these repeated, each time under another name."""
    n = len(clauses)
    many = [
        replace(clauses[i % n], ref=f"{clauses[i % n].ref}.{i // n}", policy=f"copy-{i // n}")
        for i in range(count)
    ]
    tokens = Tokens.pack_texts(
        [embedded.tokens[i % n] for i in range(count)], embedded.vectors.shape[1]
    )
    vectors = embedded.vectors[[i % n for i in range(count)]]
    return build_index(many, Embedded(vectors, tokens, embedded.by))


def time_calls(do: Callable[[T], object], items: Sequence[T], warm: int = 10) -> list[float]:
    """Milliseconds of each call, after the first few items that warm up."""
    for item in items[:warm]:
        do(item)
    took = []
    for item in items[warm:]:
        began = time.perf_counter()
        do(item)
        took.append((time.perf_counter() - began) * 1000)
    return took
