"""Late interaction: each token of the query looks for its nearest in a clause.

MaxSim of Khattab and Zaharia 2020 (ColBERT) over the token vectors of the same encoder,
which was not trained for it. Tokens weigh the same: weights by rarity measured no better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Halves = NDArray[np.float16]

MAX_QUERY_TOKENS = 64  # tokens of a query


@dataclass(frozen=True)
class Tokens:
    """Token vectors of n texts one after the other: ``rows`` (tokens, 384) float16 of length one;
    text i has ``rows[starts[i]:starts[i + 1]]``."""

    rows: Halves
    starts: NDArray[np.int64]

    @classmethod
    def pack_texts(cls, texts: Sequence[Vectors | Halves], width: int) -> Tokens:
        starts = np.cumsum([0, *(len(each) for each in texts)]).astype(np.int64)
        rows = np.concatenate([np.zeros((0, width), np.float16), *texts], dtype=np.float16)
        return cls(rows, starts)

    def __getitem__(self, i: int) -> Halves:
        return self.rows[self.starts[i] : self.starts[i + 1]]


def compute_maxsim(query: Vectors, tokens: Tokens, places: Sequence[int]) -> Vectors:
    """The mean over the query's tokens of the best cosine in each text, shape (len(places),).

    ``query`` has shape (tokens, 384). A text without tokens has -1.
    """
    texts = [tokens[i] for i in places]
    found = np.full(len(texts), -1.0, np.float32)
    there = [place for place, text in enumerate(texts) if len(text)]
    if not there or not len(query):
        return found
    rows = np.concatenate([texts[place] for place in there]).astype(np.float32)
    starts = np.cumsum([0, *(len(texts[place]) for place in there[:-1])])
    nearest = np.maximum.reduceat(rows @ query[:MAX_QUERY_TOKENS].T, starts, axis=0)
    found[there] = nearest.mean(axis=1)
    return found
