"""A message in pieces, each of which may ask one thing."""

from __future__ import annotations

import pytest

from triage.nlu.asked_pieces import MAX_PIECES, cut_pieces
from triage.nlu.asked_signs import is_question, is_wish, list_signs


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "When is it coming and can I change the address? Thanks",
            ("When is it coming", "can I change the address?", "Thanks"),
        ),
        ("is it out yet, if not add a hat, if so when", None),
        ("I bought a mug, a lamp and a rug.", ("I bought a mug, a lamp and a rug.",)),
        ("If it is late, can you tell me?", ("If it is late, can you tell me?",)),
        ("> Your order is on its way.\nWhich day?", ("Which day?",)),
        (
            "A line that a mail program\nbroke in two.",
            ("A line that a mail program broke in two.",),
        ),
        ("?! ...", ()),
    ],
)
def test_a_sentence_that_asks_twice_is_two_pieces(text: str, pieces: tuple[str, ...]) -> None:
    found = cut_pieces(text)
    assert found == pieces if pieces is not None else len(found) == 3


def test_no_message_has_more_pieces_than_are_looked_at() -> None:
    assert len(cut_pieces("Why? " * 500)) == MAX_PIECES


@pytest.mark.parametrize("piece", ["Is it vegan?", "any news on that one", "so when is it coming"])
def test_a_question_needs_no_mark(piece: str) -> None:
    assert is_question(piece)


@pytest.mark.parametrize(
    ("piece", "wishes"),
    [
        ("Please cancel the second one.", True),
        ("I'd like my money back", True),
        ("Please find the photo attached.", False),
        ("The mug is blue.", False),
    ],
)
def test_politeness_is_no_wish(piece: str, wishes: bool) -> None:
    assert is_wish(piece) is wishes


def test_every_piece_has_the_same_signs() -> None:
    assert {len(list_signs(piece)) for piece in ("", "Why?", "word " * 40)} == {13}
