"""Where a text can be cut, and what of it asks for nothing."""

from __future__ import annotations

import pytest

from triage.classifier.multi_intent import segmentation


def said(text: str) -> list[str]:
    return [text[slice(*place)] for place in segmentation.find_sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, and have a nice day!",
        "Many thanks for your help",
        "Kind regards",
        "Hello there,",
        "I hope you are all well.",
        "Looking forward to hearing from you.",
    ],
)
def test_a_courtesy_is_no_matter(text: str) -> None:
    assert segmentation.is_courtesy(text)
    assert said(f"Where is my parcel?\n{text}") == ["Where is my parcel?"]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but where is my parcel?",
        "Hello, please cancel my order.",
        "Sorry, I need another size.",
        "Thank you for the mug, which came broken",
    ],
)
def test_a_courtesy_with_a_wish_is_one(text: str) -> None:
    assert not segmentation.is_courtesy(text)
    assert said(text) == [text]


def test_the_name_below_a_closing_is_left_out() -> None:
    text = "Dear all,\n\nthe lamp is dark.\n\nKind regards\nAna Lima"
    assert said(text) == ["the lamp is dark."]


def test_a_short_last_line_is_no_name_without_a_closing() -> None:
    assert said("The lamp is dark.\nRefund please") == ["The lamp is dark.", "Refund please"]


@pytest.mark.parametrize(
    "quoted",
    [
        "> Where is my refund?\n> It is late.",
        "On Monday, the shop wrote:\nWhere is your refund?",
        "-----Original Message-----\nWhere is your refund?",
        "-- \nAna Lima, refunds and returns",
    ],
)
def test_what_was_quoted_is_not_read(quoted: str) -> None:
    assert segmentation.strip_quotes(f"The lamp is dark.\n{quoted}").strip() == "The lamp is dark."


@pytest.mark.parametrize("words", ["Order number: HP-10697", "my order is HP-10233. Thanks"])
def test_an_order_number_alone_is_no_matter(words: str) -> None:
    assert segmentation.is_empty_of_matter(words)


@pytest.mark.parametrize("words", ["Cancel order HP-10697", "order status", "2 mugs broken"])
def test_few_words_may_be_one(words: str) -> None:
    assert not segmentation.is_empty_of_matter(words)


@pytest.mark.parametrize(
    ("left", "right", "signs"),
    [
        ("my card was lost", "how do I get my refund", (True, False, False, False)),
        ("when will my", "order arrive", (False, True, False, False)),
        ("My card was lost.", "And also can you tell me", (True, False, True, True)),
        ("My card was lost\n", "refund it", (False, False, True, False)),
    ],
)
def test_a_cut_tells_whether_two_sentences_meet_there(
    left: str, right: str, signs: tuple[bool, ...]
) -> None:
    assert segmentation.describe_cut(left, right) == signs


def test_nothing_said_is_nothing() -> None:
    assert said("") == []
    assert said(" \n… !") == []
    assert segmentation.describe_cut("", "") == (False, False, False, False)
