"""From a query to ranked clauses: words and meaning fused, then the best looked at again.

The recipe and what each part of it adds are measured by `manage.py evaluate_retrieval`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage.retrieval.fusion import DENSE_SHARE, HEAD_SHARE, LATE_SHARE, WINDOW_SHARE, mix_scores
from triage.retrieval.index import Index, TokenEncoder
from triage.retrieval.late_interaction import compute_maxsim
from triage.retrieval.sentence_windows import is_long, list_windows, score_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]
    Places = NDArray[np.intp]
    Mask = NDArray[np.bool_]

MAX_BATCH_TEXTS = 64  # read at a time: of all their parts the tokens' vectors are held
MAX_CANDIDATES = 30  # looked at again
MAX_OUTDATED = 6  # and so many that cannot be chosen, to name what nearly was
RERANK_BONUS = 100.0  # puts each of them before all others


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

    def is_candidate(self, i: int) -> bool:
        return self.late is None or not bool(np.isnan(self.late[i]))

    def sort_places(self) -> Places:
        """The places of the clauses, best first; by words alone only those that share some."""
        places = np.argsort(-self.total, kind="stable")
        return places if self.cosine is not None else places[self.words[places] > 0]


def read_query(text: str, encoder: TokenEncoder) -> Query:
    """The query of a text: it, its head and its sentences in one pass through the encoder.

    A text of several lines has its head in the first: what a mail's subject says is said
    again by no other part of it.
    """
    return next(iter_queries([text], encoder))


def iter_queries(texts: Sequence[str], encoder: TokenEncoder) -> Iterator[Query]:
    """The query of each text in their order; many texts at a time pass the encoder, so the vectors
    may differ in the fifth digit from those of each alone.
    """
    for start in range(0, len(texts), MAX_BATCH_TEXTS):
        cut = [_cut_text(text) for text in texts[start : start + MAX_BATCH_TEXTS]]
        vectors, tokens = encoder.embed_with_tokens([part for each in cut for part in each.parts])
        place = 0
        for each in cut:
            first, after = place + 1 + len(each.heads), place + len(each.parts)
            heads, sentences = vectors[place + 1 : first], vectors[first:after]
            yield Query(each.text, vectors[place], tokens[place], heads, sentences)
            place = after


class _CutText(NamedTuple):
    """A text, its head where it has one, and its sentences if it is long."""

    text: str
    heads: list[str]
    sentences: list[str]

    @property
    def parts(self) -> list[str]:
        return [self.text, *self.heads, *self.sentences]


def _cut_text(text: str) -> _CutText:
    head, _, body = text.partition("\n")
    return _CutText(text, [head] if body else [], list_windows(body or head))


class QueryReader:
    """Reads queries and keeps the latest: a text that is searched for in several indexes, one
    after the other, passes the encoder once.
    """

    def __init__(self) -> None:
        self._latest: tuple[TokenEncoder, Query] | None = None

    def read(self, text: str, encoder: TokenEncoder) -> Query:
        """As ``read_query``."""
        if not self._latest or self._latest[0] is not encoder or self._latest[1].text != text:
            self._latest = encoder, read_query(text, encoder)
        return self._latest[1]


def rank_by_words(index: Index, text: str) -> Ranked:
    scores = index.words.score_texts(text)
    return Ranked(text, words=scores, total=scores)


def rank_clauses(index: Index, query: Query, allowed: Mask | None = None) -> Ranked:
    """Score every clause for a query; the best are looked at again, most of those ``allowed``.

    Raises ValueError where the index has no vectors.
    """
    if index.embedded is None:
        raise ValueError("this index has no vectors: rank by_words instead")
    words = index.words.score_texts(query.text)
    cosine = index.embedded.vectors @ query.vector
    fused = mix_scores(words, cosine, DENSE_SHARE)
    if len(query.head):
        fused = mix_scores(fused, index.embedded.vectors @ query.head[0], HEAD_SHARE)
    if len(query.sentences):
        fused = mix_scores(
            fused, score_windows(query.sentences @ index.embedded.vectors.T), WINDOW_SHARE
        )
    late = np.full(len(fused), np.nan, np.float32)
    places = _choose_candidates(fused, allowed)
    late[places] = compute_maxsim(query.tokens, index.embedded.tokens, places.tolist())
    total = fused.copy()
    if not is_long(query.text):
        total[places] = RERANK_BONUS + mix_scores(fused[places], late[places], LATE_SHARE)
    return Ranked(query.text, words, total, cosine, fused, late)


def _choose_candidates(fused: Scores, allowed: Mask | None) -> Places:
    order = np.argsort(-fused, kind="stable")
    if allowed is None:
        return order[:MAX_CANDIDATES]
    may = allowed[order]
    return np.concatenate([order[may][:MAX_CANDIDATES], order[~may][:MAX_OUTDATED]])
