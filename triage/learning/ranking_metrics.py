"""How well and how fast clauses are found, on questions whose clause is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from triage.contract.case import Clause
from triage.learning.question_collections import Asked
from triage.retrieval.index import Embedded, Index, build
from triage.retrieval.late_interaction import Tokens
from triage.retrieval.ranking import Ranked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

T = TypeVar("T")
METHODS = ("BM25", "dense", "fused", "reranked")


@dataclass(frozen=True)
class Score:
    """Shares of the questions whose snippet is among the first 1, 5 and 10; mean reciprocal rank."""

    first: float
    five: float
    ten: float
    mrr: float
    n: int


def ranks(scores: Any, gold: int) -> int:
    """How many come before the gold one: those with a higher score, or the same and a place before."""
    above = int((scores > scores[gold]).sum())
    return above + int((scores[:gold] == scores[gold]).sum())


def of_method(one: Ranked, method: str) -> Any:
    return {"BM25": one.words, "dense": one.cosine, "fused": one.fused, "reranked": one.total}[
        method
    ]


def score(places: Places) -> Score:
    """``places`` are the numbers of clauses before the gold one, shape (questions,)."""
    if not len(places):
        return Score(0.0, 0.0, 0.0, 0.0, 0)
    first, five, ten = (float((places < k).mean()) for k in (1, 5, 10))
    return Score(first, five, ten, float((1 / (places + 1)).mean()), len(places))


def places_of(asked: Sequence[Asked], found: Mapping[str, Ranked], method: str) -> Places:
    return np.array([ranks(of_method(found[each.text], method), each.gold) for each in asked])


def table(asked: Sequence[Asked], found: Mapping[str, Ranked]) -> Iterator[str]:
    """Lines of a table: each method on all, and on seen and unseen snippets where the file says."""
    yield "| method | questions | recall@1 | recall@5 | recall@10 | MRR | n |"
    yield "|---|---|---|---|---|---|---|"
    for method in METHODS:
        for name, some in groups(asked):
            one = score(places_of(some, found, method))
            shares = " | ".join(f"{x:.1%}" for x in (one.first, one.five, one.ten))
            yield f"| {method} | {name} | {shares} | {one.mrr:.3f} | {one.n} |"


def groups(asked: Sequence[Asked]) -> Iterator[tuple[str, list[Asked]]]:
    yield "all", list(asked)
    for name, seen in (("seen", True), ("unseen", False)):
        if some := [each for each in asked if each.seen is seen]:
            yield name, some


def repeated(clauses: Sequence[Clause], embedded: Embedded, count: int) -> Index:
    """An index of ``count`` clauses: these again and again, each time under another name."""
    n = len(clauses)
    many = [
        replace(clauses[i % n], ref=f"{clauses[i % n].ref}.{i // n}", policy=f"copy-{i // n}")
        for i in range(count)
    ]
    tokens = Tokens.of([embedded.tokens[i % n] for i in range(count)], embedded.vectors.shape[1])
    vectors = embedded.vectors[[i % n for i in range(count)]]
    return build(many, Embedded(vectors, tokens, embedded.by))


def timed(do: Callable[[T], object], items: Sequence[T], warm: int = 10) -> list[float]:
    """Milliseconds of each text or batch, after the first few that warm up."""
    for item in items[:warm]:
        do(item)
    took = []
    for item in items[warm:]:
        began = time.perf_counter()
        do(item)
        took.append((time.perf_counter() - began) * 1000)
    return took
