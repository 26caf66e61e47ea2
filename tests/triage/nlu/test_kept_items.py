"""What a request leaves out, in any wording, is not asked for."""

from __future__ import annotations

import pytest

from tests.support.four_items import NAMES, read_items, read_letters
from triage.nlu.item_names import find_unique_words
from triage.nlu.kept_items import remove_praise


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("I want to return everything but a tablet.", "KLJ"),
        ("Refund all except the lamp.", "KJT"),
        ("Return all but the jacket.", "KLT"),
        ("Refund everything apart from the kettle and the lamp.", "JT"),
        ("Send everything back with the exception of the jacket.", "KLT"),
        ("I want to send it all back bar the kettle.", "LJT"),
        ("Return the whole order minus the tablet.", "KLJ"),
        ("Refund all items save the jacket.", "KLT"),
        ("Refund the order, minus the jacket which I wore.", "KLT"),
        ("I want to send back everything bar the kettle and the tablet for a refund.", "LJ"),
        ("Please cancel the order except the lamp, which I still need.", "KJT"),
        ("Refund the order without the jacket.", "KLT"),
        ("Return every item that is not the kettle.", "LJT"),
        ("Return everything but leave the lamp.", "KJT"),
        ("Everything except for the kettle goes back, I want a refund.", "LJT"),
        ("Except the tablet I want to return everything.", "KLJ"),
        ("Except for the lamp and kettle, please cancel everything.", "JT"),
        ("Please return everything. Except the lamp.", "KJT"),
        ("Refund everything, just not the lamp.", "KJT"),
        ("Refund my whole order. Not the jacket, I like that one.", "KLT"),
        ("I'm keeping the kettle. Everything else I want to return.", "LJT"),
        ("We'll hang on to the lamp; please refund everything else.", "KJT"),
        ("The jacket stays, refund the rest.", "KLT"),
        ("Refund all of them, the kettle excluded.", "LJT"),
        ("I'd like to return all of the order; however, the jacket I'd rather keep.", "KLT"),
        ("The only thing I want to keep is the kettle, return all other items.", "LJT"),
        ("I want to return the lamp, not the kettle.", "L"),
        ("Return the jacket, keep the rest.", "J"),
        ("I want to return nothing but the tablet.", "T"),
        ("None of it needs refunding except the lamp.", "L"),
        ("Please keep me informed and refund everything.", "KLJT"),
    ],
)
def test_what_is_left_out_is_not_asked_for(text: str, letters: str) -> None:
    assert read_letters(text) == letters


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Refund everything except the gift for my mother.", "the gift for my mother"),
        ("Return all but two of the items.", "two of the items"),
        ("Return everything except the tablet if you can't send a new one.", "the tablet"),
        ("Return it all, but my daughter wants the tablet so that stays with us.", "that"),
    ],
)
def test_an_exception_that_is_not_plain_is_a_question(text: str, question: str) -> None:
    assert f"“{question}”" in read_items(text).question


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("I do not like the jacket, please refund it.", "J"),
        ("I don't want to keep the jacket. Please refund it.", "J"),
        ("I can't keep the lamp, it is too big. I want my money back.", "L"),
        ("This is not the lamp I ordered. I want my money back.", "L"),
        ("The lamp is not working. I'd like a refund for it.", "L"),
    ],
)
def test_a_denial_of_something_else_leaves_nothing_out(text: str, letters: str) -> None:
    assert read_letters(text) == letters


def test_the_only_item_is_not_asked_for_where_it_is_kept() -> None:
    question = read_items("I'd like a refund, but I keep the lamp.", "L").question
    assert question == "Everything is to be kept: what is to go back?"
    assert read_letters("Boots falling apart. I want to return the lamp.", "L") == "L"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I love the kettle, but the lamp is broken.", "the lamp is broken."),
        ("The kettle is great. Refund the lamp.", "Refund the lamp."),
        ("I'd like to return the kettle.", "I'd like to return the kettle."),
        ("The kettle is not good.", "The kettle is not good."),
    ],
)
def test_praise_is_taken_out_and_nothing_else(text: str, left: str) -> None:
    names = list(NAMES.values())
    words = remove_praise(text, names, find_unique_words(names)).split("but")[-1]
    assert words.strip() == left


@pytest.mark.parametrize(
    "text",
    [
        "I want to return the kettle, it does not match the lamp.",
        "I want to return the kettle, it is darker than the lamp.",
        "I want to return the kettle because it clashes with the lamp.",
        "I want to return the kettle that stood beside the lamp.",
        "I want to return the kettle, all is well with the lamp.",
        "I want to return the kettle instead of the lamp.",
    ],
)
def test_an_item_that_another_is_compared_with_is_not_asked_for(text: str) -> None:
    assert read_letters(text) == "K"
