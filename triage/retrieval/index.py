"""The clauses with all that searching needs, built once and never changed.

Every version of every clause is in it, so that what was in force on any day can be
found, and what nearly was can be shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from triage.contract.case import Clause
from triage.retrieval.late_interaction import Tokens
from triage.retrieval.lexical import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatVectors = NDArray[np.float32]

DIMENSIONS = 384


class Reader(Protocol):
    """An encoder that gives the vector of a text and those of its tokens in one pass."""

    def embed(self, texts: Sequence[str]) -> FloatVectors: ...

    def embed_with_tokens(
        self, texts: Sequence[str]
    ) -> tuple[FloatVectors, list[FloatVectors]]: ...


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
    words: Words
    embedded: Embedded | None = None


def build(clauses: Sequence[Clause], embedded: Embedded | None = None) -> Index:
    """An index over the clauses; without ``embedded`` by words alone."""
    digest = hashlib.sha256((embedded.by if embedded else "").encode())
    for clause in clauses:
        digest.update(repr(clause).encode())
    words = Words([text_of(clause) for clause in clauses])
    return Index(tuple(clauses), digest.hexdigest(), words, embedded)


def text_of(clause: Clause) -> str:
    """What is searched of a clause."""
    return ". ".join(filter(None, (clause.policy_title, clause.heading, clause.text)))


def embed(clauses: Sequence[Clause], encoder: Reader, by: str) -> Embedded:
    """The clauses as the encoder reads them."""
    if not clauses:
        return Embedded(np.zeros((0, DIMENSIONS), np.float32), Tokens.of([], DIMENSIONS), by)
    vectors, tokens = encoder.embed_with_tokens([text_of(clause) for clause in clauses])
    return Embedded(vectors, Tokens.of(tokens, vectors.shape[1]), by)
