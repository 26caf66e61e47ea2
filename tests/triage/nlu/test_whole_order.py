"""Words for all count only as what is to be refunded, returned or exchanged."""

from __future__ import annotations

import pytest

from tests.support.four_items import read_items, read_letters
from triage.nlu.document import MAX_TEXT_CHARS, Document
from triage.nlu.whole_order import WholeKind, find_whole_requests

POLITE = [
    "Thank you for everything you do.",
    "Hope everything is well with you all.",
    "Thanks for everything!",
    "I am happy with everything else.",
    "Everything else is fine.",
    "All the best, Ana",
    "I've tried everything.",
    "STOP EVERYTHING!!!",
    "I have done everything you asked.",
    "Both my husband and I like you.",
    "That is all.",
    "I read the whole order confirmation twice.",
    "Let me know if everything is in order.",
]


@pytest.mark.parametrize("manners", POLITE)
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_a_polite_word_adds_nothing(manners: str, before: bool) -> None:
    request = "I would like a refund for the lamp."
    text = f"{manners} {request}" if before else f"{request} {manners}"
    assert read_letters(text) == "L"


@pytest.mark.parametrize("manners", POLITE)
def test_a_polite_word_alone_names_nothing(manners: str) -> None:
    assert read_letters(f"I want my money back. {manners}") == "?"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Everything arrived but the lamp is broken. I'd like a refund.", "L"),
        ("Everything was great except the lamp, which I want to return.", "L"),
        ("I don't want to return everything, only the lamp.", "L"),
        ("I do not want the whole order refunded, just the tablet.", "T"),
        ("Not everything is bad: just take back the jacket and refund it.", "J"),
        ("All I want is a refund for the lamp.", "L"),
        ("Return the tablet, everything included with it (charger, pen).", "T"),
        ("My neighbour returned everything. I want a refund for the jacket.", "J"),
        ("Both the kettle and the lamp should be refunded please.", "KL"),
        ("The kettle and the lamp are both broken. I want a refund.", "KL"),
        ("Hi all, please refund my kettle. Cheers to everyone and everything", "K"),
        ("I'm happy with the kettle, please refund the lamp.", "L"),
        ("The jacket is great. The lamp is broken. I want my money back.", "L"),
        ("I'd like to return the lamp and everything that came in its box.", "L"),
        ("Please refund part of order HP-1042, the lamp.", "L"),
        ("I want a refund for half of my order.", "?"),
        ("I want to return something from my order.", "?"),
        ("Please don't refund everything.", "?"),
        ("I was told everything would be refunded.", "?"),
        ("I want to return everything that is broken.", "?"),
    ],
)
def test_what_is_said_of_all_is_not_asked_for_all(text: str, letters: str) -> None:
    assert read_letters(text) == letters


@pytest.mark.parametrize(
    "text",
    [
        "Please refund everything in this order.",
        "Refund the lot.",
        "I'd like to send it all back.",
        "Take them all back please, I want my money.",
        "I want my money back for everything.",
        "Everything should be refunded.",
        "I would like the entire order refunded.",
        "All of it has to go back. Please refund me.",
        "Can all of the items be returned?",
        "I'm sending all four items back and want my money back.",
        "Everything I bought is going back. Refund me please.",
        "I want to send everything that I ordered back to you for a refund.",
        "Which items? All of them.",
        "I want a refund. For everything.",
        "Refund the lamp and everything else too.",
        "I want to return everything I ordered, thanks for everything.",
        "Cancel order HP-1042.",
        "If possible, please refund everything.",
        "We would like to exchange all of them.",
    ],
)
def test_all_is_all_where_it_is_asked_for(text: str) -> None:
    found = read_items(text)
    assert (read_letters(text), found.whole) == ("KLJT", True)


@pytest.mark.parametrize(
    "text", ["I want to return both.", "Please refund both of them.", "Both should be refunded."]
)
def test_both_are_all_of_two_and_no_more(text: str) -> None:
    assert read_letters(text, "KL") == "KL"
    assert read_letters(text) == "?"


def test_a_number_that_is_not_that_of_the_items_is_a_question() -> None:
    assert read_letters("I want to return all three items.") == "?"
    assert read_letters("I want to return all four items.") == "KLJT"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "I want to return the lamp. Please refund everything.",
            "Only Storm lamp, or the whole order?",
        ),
        (
            "Cancel the lamp. If that is not possible, cancel everything.",
            "Only Storm lamp, or the whole order?",
        ),
        ("If the lamp does not come today, refund everything.", "Is the whole order meant?"),
        (
            "Could I return everything? Hm, no, only the lamp please.",
            "Only Storm lamp, or the whole order?",
        ),
    ],
)
def test_more_than_is_named_is_a_question(text: str, question: str) -> None:
    found = read_items(text)
    assert (found.question, found.lines) == (question, ())


def test_what_is_wanted_only_if_less_is_not_possible_says_so() -> None:
    text = "Cancel the lamp. If that is not possible, cancel everything."
    assert read_items(text).whole_else
    assert not read_items("I want to return the lamp. Please refund everything.").whole_else


def test_the_kind_of_the_words_is_told() -> None:
    asked = find_whole_requests(Document.read("Refund both, keep the rest."), frozenset())
    assert [whole.kind for whole in asked] == [WholeKind.BOTH]


@pytest.mark.parametrize(
    "words", ["return the lot ", "i'm returning everything ", "everything , ", "order minus the "]
)
def test_a_text_made_to_take_for_ever_is_read_all_the_same(words: str) -> None:
    assert read_items(words * (MAX_TEXT_CHARS // len(words))).lines in ((), read_items(words).lines)
