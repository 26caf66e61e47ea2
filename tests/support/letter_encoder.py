"""An encoder of letters: quick, and alike where texts share them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.support.single_texts import SingleTexts
from triage.contract.step import EngineInfo
from triage.retrieval.index import (
    VECTOR_SIZE,
)


class Letters(SingleTexts):
    """An encoder of words by their letters: what shares words is near. Counts what it reads."""

    runtime = "letters"

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        return self.embed_with_tokens(texts)[0]

    def locate_tokens(self, text: str) -> list[tuple[int, int]]:
        return [word.span() for word in re.finditer(r"\S+", text)]

    def embed_with_tokens(self, texts: Sequence[str]) -> Any:
        self.read += texts
        tokens = [np.array([self._word(w) for w in text.lower().split()]) for text in texts]
        return np.array([self._unit(each.sum(axis=0)) for each in tokens], np.float32), tokens

    def _word(self, word: str) -> Any:
        seed = int.from_bytes(word.strip(".,?").encode()[:6], "big")
        return self._unit(np.random.default_rng(seed).normal(size=VECTOR_SIZE))

    def _unit(self, vector: Any) -> Any:
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        return EngineInfo(name=name, kind="focal", runtime=self.runtime, settings=settings)
