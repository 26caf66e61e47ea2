"""A text as words and marks, cut where its sentences end."""

from __future__ import annotations

import pytest

from triage.nlu.document import Document
from triage.nlu.spoken_words import PhraseTable, iter_words, list_sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It cost 49.00 in all. Refund it.", 2),
        ("My refund\nEverything was fine", 2),
        ("I want to return\nthe lamp", 1),
        ("One thing:\n- the lamp\n- the kettle", 3),
        ("", 0),
    ],
)
def test_a_sentence_ends_where_a_reader_would_say(text: str, count: int) -> None:
    assert len(list_sentences(Document.read(text))) == count


def test_words_have_their_place_and_a_straight_apostrophe() -> None:
    text = "Don’t wait, Ana"
    assert [(w.text, text[w.start : w.end]) for w in iter_words(text)] == [
        ("don't", "Don’t"), ("wait", "wait"), (",", ","), ("ana", "Ana")
    ]  # fmt: skip


def test_the_longest_phrase_is_found_first() -> None:
    table = PhraseTable(["apart", "apart from"])
    words = tuple(iter_words("all apart from it"))
    assert [table.match_length(words, at) for at in range(4)] == [0, 2, 0, 0]
    assert table.find_first(words) == 1
