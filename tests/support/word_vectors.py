"""Vectors of texts without a model: texts that share words are near each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

KINDS = {
    "late-delivery": ("parcel", "late", "courier", "waiting", "delivery", "tracking"),
    "refund-status": ("refund", "money", "bank", "paid", "back", "credited"),
    "warranty-claim": ("broken", "warranty", "repair", "motor", "stopped", "faulty"),
    "change-address": ("address", "street", "moved", "house", "postcode", "new"),
    "cancel-order": ("cancel", "order", "anymore", "mistake", "twice", "stop"),
    "gift-card": ("gift", "card", "voucher", "code", "balance", "birthday"),
}
STRANGE = ("weather", "football", "recipe", "guitar", "planet", "election", "poem", "holiday")
FILLING = ("please", "hello", "my", "the", "thanks", "about", "have", "you")


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors (n, 384): the sum of one random direction a word."""
    rows = [
        sum((_direction(word) for word in text.lower().split()), np.zeros(384)) for text in texts
    ]
    vectors = np.array(rows).reshape(len(texts), 384)
    return np.asarray(
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9), np.float32
    )


def embed_with_tokens(
    texts: Sequence[str],
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """The vectors of the texts and, of each, those of its words (words, 384)."""
    return embed(texts), [embed(text.lower().split()) for text in texts]


def _direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(384)


def written(each: int, *, seed: int = 1, kinds: int = len(KINDS)) -> tuple[list[str], list[str]]:
    """So many texts of each intent, and their labels."""
    names = list(KINDS)[:kinds]
    texts = [_text(KINDS[name], [seed, i, n]) for i, name in enumerate(names) for n in range(each)]
    return texts, [name for name in names for _ in range(each)]


def strange(count: int, *, seed: int = 1) -> list[str]:
    """Texts of no intent."""
    return [_text(STRANGE, [seed, 99, n]) for n in range(count)]


def _text(words: Sequence[str], seed: list[int]) -> str:
    random = np.random.default_rng(seed)
    said = [*random.choice(words, 3), *random.choice(FILLING, 3)]
    return " ".join(random.permutation(said))
