"""Whether there is money in what a message asks for, whatever its label says."""

from __future__ import annotations

import pytest

from tests.support.order_values import MONDAY, NEWER, OFFERS, OLDER, SHIRTS, TEE_RED
from triage.nlu import (
    PRICE_DIFFERENCE,
    find_money_requests,
    find_requested_items,
    find_stake,
    link_order,
)
from triage.nlu.document import Document

# --- money at stake ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order? And I want to return the lamp.",
        "Please refund me.",
        "Can I get my money back?",
        "I'd like this called off before it ships.",
        "If you cannot change the colour, cancel the order.",
        "Thanks for the tent. Return the pegs and refund my card.",
        "I want the lamp refunded.",
        "I want my money back, it is two weeks late.",
        "Please give me back my money.",
        "I don't need it any more and want back what I paid.",
        "If it is not here by Friday I want a refund.",
    ],
)
def test_a_wish_for_money_is_heard(text: str) -> None:
    assert find_money_requests(Document.read(text))


@pytest.mark.parametrize(
    "text",
    [
        "What is your return policy?",
        "How long do refunds take?",
        "I do not want to cancel, only to change the address.",
        "Why was my order cancelled?",
        "I returned it last week, has it come?",
        "The return label does not print.",
        "No refund, please, just send the missing part.",
        "I don't want my money back, only the lamp.",
        "What happens if I need to return it?",
        "I want to undo the cancellation.",
    ],
)
def test_talk_of_returns_is_no_wish_for_money(text: str) -> None:
    assert not find_money_requests(Document.read(text))


def test_money_behind_another_matter_is_a_question_in_the_customers_words() -> None:
    stake = find_stake(
        Document.read("What colours are there? Also, I want to return the lamp."), (SHIRTS,)
    )
    assert stake is not None
    assert "“Also, I want to return the lamp.”" in stake.question


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "Please exchange the red t-shirt for the blue one.",
            f"Exchanging {TEE_RED} may give back 2.00: for which one, and is it due?",
        ),
        (
            "Please exchange the red t-shirt for another.",
            f"Exchanging {TEE_RED} may give back up to 2.00: for which one, and is it due?",
        ),
        (
            "Please exchange it for another.",
            "The message asks for an exchange: for what, and is a price difference due back?",
        ),
    ],
)
def test_an_exchange_for_something_cheaper_is_a_question_of_money(text: str, question: str) -> None:
    stake = find_stake(Document.read(text), (SHIRTS,), OFFERS)
    assert stake is not None
    assert (stake.reason, stake.question) == (PRICE_DIFFERENCE, question)


def test_an_exchange_for_something_dearer_is_none() -> None:
    assert (
        find_stake(Document.read("Please exchange the blue t-shirt for green."), (SHIRTS,), OFFERS)
        is None
    )


def test_without_offers_an_exchange_is_left_to_the_label() -> None:
    assert (
        find_stake(Document.read("Please exchange the red t-shirt for the blue one."), (SHIRTS,))
        is None
    )


@pytest.mark.parametrize(
    "text",
    [
        "cancel " * 20_000,
        "a " * 60_000,
        "return the " + "lamp, " * 9_000,
        "not " * 30_000 + "cancel",
        "(" * 50_000 + "return" + " x" * 50_000 + "back",
        "send " * 8_000,
        "if i " * 20_000,
        "keep " + "x" * 70_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_text_made_to_take_for_ever_is_read_all_the_same(text: str) -> None:
    link_order(Document.read(text), (NEWER, OLDER), MONDAY)
    find_requested_items(Document.read(text), SHIRTS)
    find_stake(Document.read(text), (SHIRTS,), OFFERS)
