"""From a query to ranked clauses: words and meaning fused, then the best looked at again.

The recipe and what each part of it adds are measured by `manage.py evaluate_retrieval`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage.retrieval.fusion import DENSE_SHARE, HEAD_SHARE, LATE_SHARE, WINDOW_SHARE, mix_scores
from triage.retrieval.index import Index
from triage.retrieval.late_interaction import compute_maxsim
from triage.retrieval.sentence_windows import is_long, list_windows, score_windows
from triage.signals.encoded_text import EncodedText, TokenEncoder

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
    """A text as it is searched for: its ``vector``, (384,), and ``tokens``, (tokens, 384); its head
    alone, and if it is long its sentences, both of shape (0 or more, 384).
    """

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


def read_query(text: str, encoder: TokenEncoder, message: str = "") -> Query:
    """The query of a text, put together from its head and its ``message``.

    A text of several lines has its head in the first. The message is what the customer wrote as
    the classify step reads it, so that it passes the encoder once a ticket: by default the other
    lines. Its sentences are told from its tokens.
    """
    cut = _cut_text(text, message)
    head = EncodedText.encode(cut.head, encoder) if cut.head else None
    return _join_query(text, EncodedText.encode(cut.message, encoder), head)


def iter_queries(texts: Sequence[str], encoder: TokenEncoder) -> Iterator[Query]:
    """The query of each text in their order; many texts at a time pass the encoder, so the vectors
    may differ in the fifth digit from those of each alone.
    """
    for start in range(0, len(texts), MAX_BATCH_TEXTS):
        lot = texts[start : start + MAX_BATCH_TEXTS]
        cut = [_cut_text(text, "") for text in lot]
        parts = [part for each in cut for part in (each.message, *([each.head] * bool(each.head)))]
        read = EncodedText.encode_each(parts, encoder)
        for text, each in zip(lot, cut, strict=True):
            message = next(read)
            yield _join_query(text, message, next(read) if each.head else None)


class _CutText(NamedTuple):
    """What a text says of what is wanted, "" where nothing; and the message itself."""

    head: str
    message: str


def _cut_text(text: str, message: str) -> _CutText:
    first, _, others = text.partition("\n")
    if others or first.split() != (message or first).split():
        return _CutText(first, message or others)
    return _CutText("", message or first)


def _join_query(text: str, message: EncodedText, head: EncodedText | None) -> Query:
    """The vector is the mean of the tokens of both, as of one text; the head counts again alone."""
    said = message.pool_spans(list_windows(message.text))
    if head is None:
        none = np.zeros((0, *message.vector.shape), np.float32)
        return Query(text, message.vector, message.tokens, none, said)
    summed = message.vector * len(message.tokens) + head.vector * len(head.tokens)
    vector = summed / max(float(np.linalg.norm(summed)), 1e-12)
    tokens = np.concatenate([head.tokens, message.tokens])
    return Query(text, vector, tokens, head.vector[None], said)


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
