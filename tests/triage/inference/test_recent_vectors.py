"""The text that several steps of a ticket ask for passes the encoder once."""

from __future__ import annotations

from typing import Any

import numpy as np

from triage.inference.recent_vectors import MAX_KEPT_TEXTS, RecentVectors


class Reader:
    def __init__(self) -> None:
        self.read: list[str] = []
        self.recent = RecentVectors()

    def ask(self, text: str) -> Any:
        return self.recent.get_or_read(text, self._read)

    def _read(self, text: str) -> Any:
        self.read.append(text)
        return np.full(2, len(text), np.float32), np.zeros((1, 2), np.float32)


def test_a_text_asked_for_again_is_not_read_again() -> None:
    reader = Reader()
    first, again = reader.ask("where is it"), reader.ask("where is it")
    assert first is again
    assert reader.read == ["where is it"]


def test_a_few_texts_are_kept_and_those_asked_for_longest_ago_go() -> None:
    reader = Reader()
    texts = [f"text {i}" for i in range(MAX_KEPT_TEXTS)]
    for text in (*texts, texts[0], "one more", *texts[:1], texts[1]):
        reader.ask(text)
    assert reader.read == [*texts, "one more", texts[1]]


def test_no_words_of_a_customer_are_kept() -> None:
    reader = Reader()
    reader.ask("my sister Maya Lund moved to Cadiz")
    assert "Maya" not in repr(vars(reader.recent))


def test_half_a_character_is_read_as_any_other() -> None:
    assert Reader().ask("\ud83d")[0][0] == 1
