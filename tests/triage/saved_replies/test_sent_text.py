"""A sent reply is made fit for the next customer, and what may not hold for them is named."""

from __future__ import annotations

import pytest

from triage.contract.case import Fact
from triage.saved_replies.sent_text import PERSONAL_DOUBTS, generalize_reply, is_personal


def general(text: str, *facts: tuple[str, str]) -> str:
    known = [Fact(kind=kind, about="", value=value, ref="") for kind, value in facts]
    return generalize_reply(text, customer="Marta Lind", author="Ben Okoro", facts=known).text


def doubts(text: str) -> tuple[str, ...]:
    return generalize_reply(text, customer="Marta Lind", author="Ben Okoro").doubts


@pytest.mark.parametrize(
    "text",
    [
        "Hi Marta,\n\nit takes five days.\n\nKind regards,\nBen",
        "Hello Marta. it takes five days.\nBen Okoro",
        "Marta, it takes five days.\n\nCheers, Ben",
        "Good morning, Marta!\nit takes five days.\n- Ben",
        "It takes five days.",
    ],
)
def test_greeting_and_closing_come_off(text: str) -> None:
    assert general(text) == "It takes five days."


def test_a_name_that_begins_the_answer_itself_is_no_greeting() -> None:
    assert general("Ben asked the maker: it is oak.") == "Ben asked the maker: it is oak."


def test_the_values_of_one_order_become_names() -> None:
    told = general(
        "Your order HP-10423 comes by 24 June, tracking QK123.",
        ("order", "HP-10423"),
        ("promised", "24 June 2026"),
        ("tracking", "QK123"),
    )
    assert told == "Your order {order} comes by {promised}, tracking {tracking}."


def test_of_two_items_nobody_knows_which_is_meant_next_time() -> None:
    told = general("The lamp is oak.", ("item", "lamp"), ("item", "rug"))
    assert told == "The lamp is oak."


def test_a_value_within_a_longer_word_stays() -> None:
    assert general("HP-104231 is another.", ("order", "HP-10423")) == "HP-104231 is another."


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("It leaves tomorrow.", "names a day"),
        ("I've changed the address.", "says what was done or will be"),
        ("Cancelled. You hear from us.", "says what was done or will be"),
        ("Yes, it is oak.", "answers yes or no to one customer"),
        ("Which lamp do you mean?", "asks something back"),
        ("Write to us at old@example.com.", "names an address"),
        ("HP-10423 is on its way.", "names a number of one order"),
        ("It costs £35.00.", "names an amount"),
        ("That one is for Marta alone.", "names the customer"),
    ],
)
def test_what_may_not_hold_for_the_next_customer_is_named(text: str, doubt: str) -> None:
    assert doubts(text) == (doubt,)


def test_what_holds_for_everybody_has_no_doubt() -> None:
    assert doubts("No appointment is needed: bring it to the workshop.") == ()


def test_what_is_of_one_customer_is_personal() -> None:
    assert set(doubts("Marta, see HP-10423 and a@example.com.")) >= set(PERSONAL_DOUBTS[1:])


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("You can send it back within 30 days.", [("order", "30")]),
        ("Your order is on its way.", [("order", "1042")]),
        ("A bag holds 250 g.", [("item", "Bag 2024")]),
    ],
)
def test_a_value_that_may_be_anything_is_not_put_back(
    text: str, facts: list[tuple[str, str]]
) -> None:
    assert general(text, *facts) == text


@pytest.mark.parametrize(
    "text",
    [
        "Your order #10423 is at the depot.",
        "It is at 12 High Street now.",
        "We sent it to LS1 4AB.",
        "Mrs Schulz took it in.",
        "Marta’s parcel is at the depot.",
        "The label is 15502370112233.",
    ],
)
def test_what_tells_of_somebody_is_personal(text: str) -> None:
    assert is_personal(text, "Marta Lind")
    assert set(doubts(text)) & set(PERSONAL_DOUBTS)


@pytest.mark.parametrize(
    "text", ["It takes 250 ml.", "The 58 mm basket fits.", "Open from 9 to 17.", "2 to 3 days."]
)
def test_what_holds_for_everybody_is_not(text: str) -> None:
    assert not is_personal(text, "Marta Lind")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "Evening deliveries cost more. Choose them.",
            "Evening deliveries cost more. Choose them.",
        ),
        ("Hi Marta - your parcel is on its way.", "Your parcel is on its way."),
        ("Hello there! It is oak.", "It is oak."),
        ("Hey Babs, it is oak.", "It is oak."),
        ("Best kept dry. It is oak.", "Best kept dry. It is oak."),
    ],
)
def test_only_whom_it_greets_comes_off(text: str, kept: str) -> None:
    assert general(text) == kept
