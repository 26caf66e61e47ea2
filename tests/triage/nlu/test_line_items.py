"""Which lines of an order a message is about, how many pieces, and what of other orders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.case_values import KETTLE, LAMP, ORDER
from tests.support.order_values import LAMPS, NEWER, OLDER, SHIRTS, TEE_BLUE, TEE_RED
from triage.contract.case import Line, Order
from triage.nlu import RequestedItems, find_requested_items
from triage.nlu.document import Document
from triage.nlu.item_names import singularize_word
from triage.nlu.other_orders import find_other_order_question


def wanted(text: str, order: Order = SHIRTS) -> dict[str, int]:
    found = find_requested_items(Document.read(text), order)
    return {piece.name: piece.quantity for piece in found.lines}


# --- which lines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("I want to return the kettle.", {KETTLE.name: 1}),
        ("Please refund both lamps.", {LAMPS: 2}),
        ("I would like to return the lamps.", {LAMPS: 2}),
        ("One of the two lamps is broken, I want to send it back.", {LAMPS: 1}),
        ("I'd like to return one lamp and the kettle.", {LAMPS: 1, KETTLE.name: 1}),
        ("I want to return the blue tshirt.", {TEE_BLUE: 1}),
        ("I want to return the more expensive t-shirt.", {TEE_RED: 1}),
        ("Return both T shirts please.", {TEE_RED: 1, TEE_BLUE: 1}),
        ("Return everything except the kettle.", {LAMPS: 2, TEE_RED: 1, TEE_BLUE: 1}),
        ("I love the kettle. Please refund the lamps.", {LAMPS: 2}),
        ("I want to return the kettle, but not the lamps.", {KETTLE.name: 1}),
        ("Return the lamps, but I'll keep the kettle.", {LAMPS: 2}),
    ],
)
def test_the_lines_that_are_named_are_meant(text: str, lines: dict[str, int]) -> None:
    assert wanted(text) == lines
    assert find_requested_items(Document.read(text), SHIRTS).question == ""


@pytest.mark.parametrize(
    "text", ["Cancel my order please.", "I want to return everything.", "Refund the whole order."]
)
def test_the_whole_order_is_meant_where_that_is_said(text: str) -> None:
    found = find_requested_items(Document.read(text), SHIRTS)
    assert found.whole
    assert wanted(text) == {KETTLE.name: 1, LAMPS: 2, TEE_RED: 1, TEE_BLUE: 1}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "I want to send it back.",
            f"Which of the items: {KETTLE.name} or {LAMPS} or {TEE_RED} or {TEE_BLUE}?",
        ),
        ("I want to return the lamp.", f"How many of the 2 × {LAMPS}?"),
        ("I want to return a t-shirt.", f"Which one: {TEE_RED} or {TEE_BLUE}?"),
        (
            "I want to return three lamps.",
            f"3 × {LAMPS} are asked for, 2 can go back: how many?",
        ),
    ],
)
def test_what_is_open_is_a_question(text: str, question: str) -> None:
    assert find_requested_items(Document.read(text), SHIRTS).question == question


def test_a_measure_at_the_end_of_a_name_is_no_part_of_what_it_is() -> None:
    rug = Line(sku="R1", name="Braemoor wool rug 120 x 180", quantity=1, price=Decimal("90.00"))
    order = replace(SHIRTS, lines=(KETTLE, rug))
    assert wanted("I want to return the rug.", order) == {rug.name: 1}


def test_a_list_with_semicolons_is_one_wish() -> None:
    assert wanted("Please return: Enamel kettle; Storm lamps; thanks") == {KETTLE.name: 1, LAMPS: 2}


def test_a_sentence_after_a_semicolon_is_another() -> None:
    assert wanted("I love the kettle; please refund the lamps.") == {LAMPS: 2}


def test_pieces_that_went_back_are_not_meant_again() -> None:
    order = replace(SHIRTS, lines=(KETTLE, replace(LAMP, returned=1)))
    assert wanted("Please refund both lamps.", order) == {LAMPS: 1}


def test_of_an_order_that_went_back_nothing_is_left() -> None:
    order = replace(SHIRTS, lines=(replace(LAMP, returned=2),))
    assert find_requested_items(Document.read("Refund the lamps."), order) == RequestedItems(
        because="nothing of this order is left to send back"
    )


SENTENCES = st.lists(
    st.sampled_from(
        [
            "return",
            "refund",
            "cancel",
            "ten",
            "99",
            "all",
            "both",
            "one",
            "of",
            "the",
            "two",
            "lamps",
            "kettle",
            "t-shirt",
            "red",
            "blue",
            "whole",
            "order",
            "everything",
            "except",
            "keep",
            "not,",
            ".",
            "and",
        ]
    )
)


@given(text=st.one_of(st.text(max_size=200), SENTENCES.map(" ".join)))
def test_never_more_than_was_bought_and_never_a_line_of_another_order(text: str) -> None:
    for piece in find_requested_items(Document.read(text), SHIRTS).lines:
        line = SHIRTS.lines[piece.index]
        assert (piece.sku, piece.name) == (line.sku, line.name)
        assert 1 <= piece.quantity <= line.quantity


# --- other orders ------------------------------------------------------------------------


def test_something_of_another_order_is_asked_about() -> None:
    text = "I want to return the kettle and the chair."
    assert find_other_order_question(Document.read(text), (ORDER, NEWER), ORDER) == (
        "The message also names Porch chair, of order HP-10877: is it about that order, too?"
    )


def test_what_both_orders_have_is_the_order_meant_unless_that_one_is_refused() -> None:
    text = "I want to return the chair."
    assert find_other_order_question(Document.read(text), (OLDER, NEWER), OLDER) == ""
    assert "HP-10877" in find_other_order_question(
        Document.read(text), (OLDER, NEWER), OLDER, refused=True
    )


def test_an_item_to_be_exchanged_is_no_second_order_to_pay_for() -> None:
    text = "I want to return the kettle. I also want to exchange the chair for a bench."
    assert find_other_order_question(Document.read(text), (ORDER, NEWER), ORDER) == ""


@pytest.mark.parametrize(
    ("plural", "one"),
    [("lamps", "lamp"), ("boxes", "box"), ("batteries", "battery"), ("glass", "glass")],
)
def test_a_plural_is_its_singular(plural: str, one: str) -> None:
    assert singularize_word(plural) == one
