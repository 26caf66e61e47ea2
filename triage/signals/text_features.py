"""The words of a text as sparse weights: TF-IDF of one and two words in a row, in unit length."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD_PATTERN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*|[!?]{2,}")
CAPITALS = re.compile(r"\b[A-Z]{3,}\b")
CAPITALS_TERM = "in capitals"
MAX_TEXT_CHARS = 4000  # characters looked at


@dataclass(frozen=True)
class WordTerms:
    """A vocabulary in column order and the inverse document frequency of each of its terms."""

    terms: tuple[str, ...]
    rarity: NDArray[np.float32]

    @cached_property
    def term_columns(self) -> Mapping[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def build_row(self, text: str) -> dict[int, float]:
        """Column -> weight of the terms in a text; their squares sum to one, or there are none."""
        counts = Counter(
            self.term_columns[term] for term in extract_terms(text) if term in self.term_columns
        )
        weights = {p: (1 + math.log(n)) * float(self.rarity[p]) for p, n in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {place: weight / length for place, weight in weights.items()}

    def build_matrix(self, texts: Sequence[str]) -> Any:
        """The rows as a sparse matrix of shape (texts, terms)."""
        from scipy.sparse import csr_matrix

        rows = [self.build_row(text) for text in texts]
        ends = np.cumsum([0, *map(len, rows)])
        columns = [place for row in rows for place in row]
        weights = np.array([weight for row in rows for weight in row.values()], np.float32)
        return csr_matrix((weights, columns, ends), shape=(len(texts), len(self.terms)))


def learn_terms(texts: Sequence[str]) -> WordTerms:
    """The terms that two of the texts or more have in common."""
    counts = Counter(term for text in texts for term in set(extract_terms(text)))
    terms = sorted(term for term, count in counts.items() if count > 1)
    rarity = [math.log((1 + len(texts)) / (1 + counts[term])) + 1 for term in terms]
    return WordTerms(tuple(terms), np.array(rarity, np.float32))


def extract_terms(text: str) -> list[str]:
    """Single words, words in a row joined by a space, and whether more than one is shouted."""
    words = split_words(text)
    pairs = [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
    shouted = [CAPITALS_TERM] if len(CAPITALS.findall(text)) > 1 else []
    return [*words, *pairs, *shouted]


def split_words(text: str) -> list[str]:
    """The words of a text as they are counted: in small letters, every number as one word."""
    found = (
        match.group().lower().replace("’", "'")
        for match in WORD_PATTERN.finditer(text[:MAX_TEXT_CHARS])
    )
    return ["#" if word.isdecimal() else word[:2] if word[0] in "!?" else word for word in found]


def remove_word(text: str, word: str) -> str:
    """The text without a word, wherever it stands."""
    return WORD_PATTERN.sub(
        lambda match: "" if split_words(match.group()) == [word] else match.group(), text
    )
