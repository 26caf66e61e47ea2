"""The clauses with all that searching needs, built once and never changed.

Every version of every clause is in it, so that what was in force on any day can be
found, and what nearly was can be shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from triage.contract.case import Clause
from triage.retrieval.late_interaction import Tokens
from triage.retrieval.lexical import Bm25Index
from triage.signals.encoded_text import TokenEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatVectors = NDArray[np.float32]

VECTOR_SIZE = 384


@dataclass(frozen=True)
class Embedded:
    """What an encoder made of n clauses: ``vectors`` (n, 384) float32, and their tokens' vectors.

    ``by`` names the encoder's weights and runtime: only a query read by the same may be compared.
    """

    vectors: FloatVectors
    tokens: Tokens
    by: str


@dataclass(frozen=True)
class Index:
    """The clauses in a fixed order; ``sha256`` covers them and the encoder that read them."""

    clauses: tuple[Clause, ...]
    sha256: str
    words: Bm25Index
    embedded: Embedded | None = None


def build_index(clauses: Sequence[Clause], embedded: Embedded | None = None) -> Index:
    """An index over the clauses; without ``embedded`` by words alone."""
    digest = hashlib.sha256((embedded.by if embedded else "").encode())
    for clause in clauses:
        digest.update(repr(clause).encode())
    words = Bm25Index([get_search_text(clause) for clause in clauses])
    return Index(tuple(clauses), digest.hexdigest(), words, embedded)


def get_search_text(clause: Clause) -> str:
    """The text that is searched of a clause: policy title, heading and wording."""
    return ". ".join(filter(None, (clause.policy_title, clause.heading, clause.text)))


def embed_clauses(clauses: Sequence[Clause], encoder: TokenEncoder, by: str) -> Embedded:
    """The vectors that an encoder makes of the clauses."""
    if not clauses:
        return Embedded(
            np.zeros((0, VECTOR_SIZE), np.float32), Tokens.pack_texts([], VECTOR_SIZE), by
        )
    vectors, tokens = encoder.embed_with_tokens([get_search_text(clause) for clause in clauses])
    return Embedded(vectors, Tokens.pack_texts(tokens, vectors.shape[1]), by)
