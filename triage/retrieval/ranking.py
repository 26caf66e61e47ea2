"""From a query to ranked clauses: words and meaning fused, then the best looked at again.

The recipe and what each part of it adds are measured by `manage.py evaluate_retrieval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from triage.retrieval.fusion import DENSE, HEAD, LATE, WINDOWS, mixed
from triage.retrieval.index import Index, Reader
from triage.retrieval.late_interaction import maxsim
from triage.retrieval.sentence_windows import is_long, standing, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]
    Places = NDArray[np.intp]
    Mask = NDArray[np.bool_]

CANDIDATES = 30  # looked at again
OUTDATED = 6  # and so many that cannot be chosen, to name what nearly was
SECOND_LOOK = 100.0  # puts each of them before all others


@dataclass(frozen=True)
class Query:
    """A text as it is searched for: ``vector`` (384), its tokens (tokens, 384), its head alone, and
    if it is long its sentences; these two have shape (0 or more, 384)."""

    text: str
    vector: Scores
    tokens: Scores
    head: Scores
    sentences: Scores


@dataclass(frozen=True)
class Ranked:
    """Scores of n clauses for one query; those of meaning are None without an encoder.

    ``late`` is NaN for what was no candidate. ``total`` is what the order follows.
    """

    query: str
    words: Scores
    total: Scores
    cosine: Scores | None = None
    fused: Scores | None = None
    late: Scores | None = None

    def looked_at(self, i: int) -> bool:
        return self.late is None or not bool(np.isnan(self.late[i]))

    def order(self) -> Places:
        """The places of the clauses, best first; by words alone only those that share some."""
        places = np.argsort(-self.total, kind="stable")
        return places if self.cosine is not None else places[self.words[places] > 0]


def read(text: str, encoder: Reader) -> Query:
    """The text, its head and its sentences in one pass through the encoder.

    A text of several lines has its head in the first: what a mail's subject says is said
    again by no other part of it.
    """
    head, _, body = text.partition("\n")
    heads, parts = [head] if body else [], windows(body or head)
    vectors, tokens = encoder.embed_with_tokens([text, *heads, *parts])
    first = 1 + len(heads)
    return Query(text, vectors[0], tokens[0], vectors[1:first], vectors[first:])


def by_words(index: Index, text: str) -> Ranked:
    scores = index.words.scores(text)
    return Ranked(text, words=scores, total=scores)


def rank(index: Index, query: Query, allowed: Mask | None = None) -> Ranked:
    """Every clause scored; the best are looked at again, most of them of those ``allowed``."""
    if index.embedded is None:
        raise ValueError("this index has no vectors: rank by_words instead")
    words = index.words.scores(query.text)
    cosine = index.embedded.vectors @ query.vector
    fused = mixed(words, cosine, DENSE)
    if len(query.head):
        fused = mixed(fused, index.embedded.vectors @ query.head[0], HEAD)
    if len(query.sentences):
        fused = mixed(fused, standing(query.sentences @ index.embedded.vectors.T), WINDOWS)
    late = np.full(len(fused), np.nan, np.float32)
    places = _candidates(fused, allowed)
    late[places] = maxsim(query.tokens, index.embedded.tokens, places.tolist())
    total = fused.copy()
    if not is_long(query.text):
        total[places] = SECOND_LOOK + mixed(fused[places], late[places], LATE)
    return Ranked(query.text, words, total, cosine, fused, late)


def _candidates(fused: Scores, allowed: Mask | None) -> Places:
    order = np.argsort(-fused, kind="stable")
    if allowed is None:
        return order[:CANDIDATES]
    may = allowed[order]
    return np.concatenate([order[may][:CANDIDATES], order[~may][:OUTDATED]])
