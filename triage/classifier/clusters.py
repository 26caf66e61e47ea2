"""Groups of texts that ask for the same, found without any label, and the words that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MIN_CLUSTER_TEXTS = 5  # texts that make a group
MAX_CLUSTER_DISTANCE = 0.55  # mean cosine distance at which groups are no longer joined
MAX_CLUSTER_WORDS = 6
WORD_PATTERN = r"(?u)(?<![\w'’])[^\W\d_]{3,}(?![\w'’])"  # no half of "didn't"


@dataclass(frozen=True)
class Cluster:
    """``members`` are row numbers, nearest to the centre first; ``words`` tell it from the rest."""

    members: tuple[int, ...]
    words: tuple[str, ...]


def cluster_texts(
    texts: Sequence[str], vectors: Vectors, least: int = MIN_CLUSTER_TEXTS
) -> list[Cluster]:
    """Groups of at ``least`` so many texts, the largest first; ``vectors`` (n, d) of length one.

    Average linkage by cosine distance, which leaves stray texts alone. Memory and time grow
    with n squared: 100 MB and some seconds for 4,000.
    """
    if len(texts) < max(least, 2):
        return []
    found = [rows for rows in _group_vectors(vectors) if len(rows) >= least]
    found.sort(key=len, reverse=True)
    named = _name_groups(texts, found)
    return [
        Cluster(members=_sort_by_nearness(vectors, rows), words=words)
        for rows, words in zip(found, named, strict=True)
    ]


def _group_vectors(vectors: Vectors) -> list[NDArray[np.intp]]:
    from sklearn.cluster import AgglomerativeClustering

    linked = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=MAX_CLUSTER_DISTANCE
    )
    labels = linked.fit_predict(vectors)
    return [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]


def _sort_by_nearness(vectors: Vectors, rows: NDArray[np.intp]) -> tuple[int, ...]:
    nearness = vectors[rows] @ vectors[rows].mean(axis=0)
    return tuple(int(row) for row in rows[np.argsort(-nearness, kind="stable")])


def _name_groups(texts: Sequence[str], groups: Sequence[NDArray[np.intp]]) -> list[tuple[str, ...]]:
    """The words of each group by class-based TF-IDF: Grootendorst 2022, arXiv 2203.05794.

    Texts in no group are one more class, so that what everybody writes names nothing.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    if not groups:
        return []
    grouped = {int(row) for rows in groups for row in rows}
    rest = " ".join(text for row, text in enumerate(texts) if row not in grouped)
    classes = [*(" ".join(texts[row] for row in rows) for rows in groups), rest]
    counter = CountVectorizer(stop_words="english", token_pattern=WORD_PATTERN)
    try:
        counts = counter.fit_transform(classes).toarray().astype(np.float64)
    except ValueError:  # not one word in any of them
        return [() for _ in groups]
    everywhere = counts.sum(axis=0)
    weights = counts * np.log1p(counts.sum(axis=1).mean() / everywhere)
    names = counter.get_feature_names_out()
    return [_choose_heaviest_words(names, row) for row in weights[: len(groups)]]


def _choose_heaviest_words(
    names: NDArray[np.str_], weights: NDArray[np.float64]
) -> tuple[str, ...]:
    order = np.argsort(-weights, kind="stable")[:MAX_CLUSTER_WORDS]
    return tuple(str(names[place]) for place in order if weights[place] > 0)
