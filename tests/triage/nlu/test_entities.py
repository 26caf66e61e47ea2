"""Values in the customer's own words: each becomes a mark, known ones that of their row."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.contract.fact_types import MAX_SLOTS_BY_KIND
from triage.contract.slots import SLOT, Slot
from triage.nlu import document, entities
from triage.nlu.document import MAX_TEXT_CHARS, MAX_WORD_CHARS, truncate_text
from triage.nlu.entities import mask_entities

KNOWN = (
    Slot(name="order", about="", value="HP-1042", ref="order:HP-1042", kind="order"),
    Slot(name="item", about="", value="Enamel kettle", ref="order:HP-1042", kind="item"),
    Slot(name="status", about="", value="delivered", ref="order:HP-1042", kind="status"),
    Slot(name="placed", about="", value="16 November 2026", ref="order:HP-1042", kind="placed"),
    Slot(name="ticket", about="", value="#4711", ref="ticket:4711", kind="ticket"),
)
ORDERS = ("HP-1042", "HP-10901")


def marked(text: str) -> str:
    return mask_entities(text, KNOWN, "ticket:7:words", ORDERS)[0]


def named(text: str) -> list[tuple[str, str]]:
    found = mask_entities(text, KNOWN, "ticket:7:words", ORDERS)[1]
    return [(slot.kind, slot.value) for slot in found]


def test_a_value_we_know_becomes_the_mark_of_its_row() -> None:
    assert marked("the enamel kettle of hp-1042") == "the ⟦item⟧ of ⟦order⟧"
    assert named("the enamel kettle of hp-1042") == []


def test_a_word_that_is_no_name_stays_a_word() -> None:
    assert marked("it was delivered") == "it was delivered"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("about order 99812 please", "said_order", "99812"),
        ("see #W2378156", "said_order", "#W2378156"),
        ("I paid £49.00 for it", "said_amount", "£49.00"),
        ("I paid 1,250 euros for it", "said_amount", "1,250 euros"),
        ("I paid 5 000 euros for it", "said_amount", "5 000 euros"),
        ("I paid £1.5k for it", "said_amount", "£1.5k"),
        ("I paid 2k euros for it", "said_amount", "2k euros"),
        ("it is worth £1.5 million now", "said_amount", "£1.5 million"),
        ("I paid £1-2k for it", "said_amount", "£1-2k"),
        ("a ribbon of 1.5m please", "said_number", "1.5m"),
        ("for £1.5kg of it", "said_number", "1.5kg"),
        ("it came on 3rd March 2026 late", "said_date", "3rd March 2026"),
        ("since 2026-03-01 I wait", "said_date", "2026-03-01"),
        ("since March 3, I wait", "said_date", "March 3"),
        ("you said 9 November. And now?", "said_date", "9 November"),
        ("you said 9 Nov. 2026", "said_date", "9 Nov. 2026"),
        ("you said 01-02-2026", "said_date", "01-02-2026"),
        ("my order 2026-03-01 is late", "said_date", "2026-03-01"),
        ("I said 9 \u017fep 2026", "said_date", "9 \u017fep 2026"),
        ("mail maya.l@example.org now", "said_contact", "maya.l@example.org"),
        ("call +44 7700 900123 now", "said_contact", "+44 7700 900123"),
        ("look at https://example.org/a?b=1 there", "said_link", "https://example.org/a?b=1"),
        ("see https://example.org/HP-1042", "said_link", "https://example.org/HP-1042"),
        ("I want 2 of them", "said_number", "2"),
    ],
)
def test_a_value_only_the_customer_names_is_a_slot_of_its_own(
    text: str, kind: str, value: str
) -> None:
    assert named(text) == [(kind, value)]


def test_the_same_value_twice_is_one_slot() -> None:
    assert marked("£5 is £5") == "⟦said_amount⟧ is ⟦said_amount⟧"


def test_more_values_than_there_are_marks_lose_their_value() -> None:
    text = " ".join(f"£{n}" for n in range(1, MAX_SLOTS_BY_KIND["said_amount"] + 2))
    assert marked(text).endswith("#")


# --- orders -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["order 1042", "Order number: 1042", "hp1042", "HP 1042", "#1042", "order no. hp 1042"]
)
def test_an_order_of_theirs_is_known_however_it_is_spelled(text: str) -> None:
    assert marked(text).endswith("⟦order⟧")
    assert named(text) == []


@pytest.mark.parametrize(
    "text", ["order 10901", "hp10901", "HP 10901", "HP-10901", "order #10901", "my number is 10901"]
)
def test_an_order_of_theirs_that_is_no_fact_is_neither_told_nor_denied(text: str) -> None:
    assert marked(text).endswith("#")
    assert named(text) == []


def test_two_orders_with_the_same_digits_are_not_told_apart_by_them() -> None:
    out, found = mask_entities("order 1042 or NL1042", KNOWN, "t", (*ORDERS, "NL-1042"))
    assert (out, found) == ("order # or #", ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My order number is 99812", "99812"),
        ("order no. 99812", "99812"),
        ("order nr: 99812", "99812"),
        ("Order number: HP-10710", "HP-10710"),
        ("Order number: XY-10710", "XY-10710"),
        ("order id 99812", "99812"),
        ("order #99812", "#99812"),
        ("order # 99812", "99812"),
        ("my order is 99812", "99812"),
        ("order 99812 £49.00", "99812"),
        ("HP-9981 never came", "HP-9981"),
        ("HP 99812 never came", "HP 99812"),
        ("order number 302-1234567-7654321", "302-1234567-7654321"),
    ],
)
def test_a_number_that_is_called_an_order_is_one(text: str, value: str) -> None:
    assert ("said_order", value) in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "my code XMAS2026 fails",
        "since May-2026",
        "since mid-2025",
        "the WH1000 headphones",
        "it should meet EN14682",
        "invoice INV-20231",
        "please order 150 mugs",
        "I would order 1500 of them",
        "I want to order 1500 mugs",
        "please order 1500",
        "an order 1500 mugs strong",
        "my order May-2026",
        "my order 2026 is late",
        "my order was 1200 euros",
        "Re: ticket #4712",
        "Re: [#4711]",
        "it has 99812 pieces",
    ],
)
def test_what_may_be_something_else_is_never_called_an_order(text: str) -> None:
    assert "said_order" not in dict(named(text))


def test_without_orders_of_theirs_no_shape_is_known() -> None:
    found = mask_entities("HP-99812 and order XY-7771", (), "t", ())[1]
    assert [(slot.kind, slot.value) for slot in found] == [
        ("said_number", "99812"),
        ("said_order", "XY-7771"),
    ]


# --- dates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", ["16 November", "16th of Nov. 2026", "November 16", "2026-11-16", "16/11/2026"]
)
def test_a_day_of_the_order_is_the_mark_of_its_row(day: str) -> None:
    assert (marked(f"since {day}."), named(day)) == ("since ⟦placed⟧.", [])


@pytest.mark.parametrize("day", ["17 November", "16 November 2025", "2025-11-16", "16 May"])
def test_another_day_is_the_customers_own(day: str) -> None:
    assert named(day) == [("said_date", day)]


# --- texts of any length ------------------------------------------------------------

HOSTILE = ("a", "1,", ".", "1", "£", "a@", "a.@b.", "HP-", "order ", "order no ", "0 ", "1 may ")


@pytest.mark.parametrize("piece", [*HOSTILE, " ", "order:((((", "£1.1-", "www.", "x" * 299 + " "])
@pytest.mark.parametrize("end", ["", "@", " HP-1042"])
def test_of_a_long_text_only_the_beginning_is_looked_at(piece: str, end: str) -> None:
    text = piece * (500_000 // len(piece)) + end
    short = truncate_text(text)
    assert len(short) <= MAX_TEXT_CHARS
    assert all(len(word) <= MAX_WORD_CHARS + 1 for word in short.split())
    assert mask_entities(text, KNOWN, "t", ORDERS) == mask_entities(short, KNOWN, "t", ORDERS)


def test_a_value_is_not_cut_in_two() -> None:
    text = "a " * (MAX_TEXT_CHARS // 2 - 2) + "HP-1042"
    assert marked(text) == ("a " * (MAX_TEXT_CHARS // 2 - 2)).strip()
    assert marked("see HP-1042 now") == "see ⟦order⟧ now"


def test_no_pattern_repeats_without_a_bound() -> None:
    """What is bounded at each place of a bounded text is fast, whatever the text says."""
    names = entities._compile_names(tuple(entities._iter_spellings(KNOWN)))
    assert names
    for pattern in (names, entities.VALUES, document.LONG_WORD, entities.WHOLE_VALUE):
        plainly = re.sub(r"\[[^\]]*\]", "x", re.sub(r"\\.", "x", pattern.pattern))
        assert not re.search(r"[*+]|,\}", plainly)


@given(st.text(alphabet=st.sampled_from("a1£.@ #-/⟦⟧order hp0k€\n"), max_size=60))
def test_no_digit_is_left_and_no_mark_can_be_spelled_by_hand(text: str) -> None:
    out, found = mask_entities(text, KNOWN, "t", ORDERS)
    assert not any(character.isdigit() for character in SLOT.sub("", out))
    assert set(SLOT.findall(out)) <= {slot.name for slot in (*KNOWN, *found)}
