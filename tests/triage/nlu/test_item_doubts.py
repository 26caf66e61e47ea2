"""What was read is held against every sentence: what speaks against it makes it a question."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.refunds.eligibility import resolve_requested_items

LINES = (
    Line(sku="L", name="Brass lamp", quantity=1, price=Decimal(40)),
    Line(sku="R", name="Wool rug", quantity=1, price=Decimal(90)),
    Line(sku="C", name="Oak chair", quantity=4, price=Decimal(60)),
    Line(sku="T", name="Linen towel", quantity=2, price=Decimal(12)),
)
ORDER = Order(number="TR-4001", status="delivered", currency="GBP", lines=LINES, paid=Decimal(394))


def read_items(text: str) -> str:
    found = find_requested_items(Document.read(text), ORDER)
    said = " ".join(f"{piece.quantity}{piece.sku}" for piece in found.lines)
    return "?" if found.question else said


@pytest.mark.parametrize(
    "text",
    [
        # what is asked for is denied or taken back
        "Don't refund the lamp, I changed my mind about it. Do refund the others.",
        "Please take the lamp off my refund. The others stay as I asked.",
        "I'm not asking for money for the rug, only for what came with it. Refund please.",
        "I do not want the rug refunded as I gave it away.",
        "So back it all goes, with one exception: we love that lamp. Refund please.",
        # all in words that no reader of all knows
        "Whatever isn't a lamp I want refunded.",
        "I'd like a refund for everything that isn't the lamp.",
        "Full order refund wanted, omitting the rug.",
        "None of what you sent is any good, with the lamp as the one exception. Refund please.",
        "My refund does not concern the lamp. It concerns all the remaining things.",
        "My lamp is a joy. Anything else is rubbish and I want my money back for it.",
        # all, and something stands apart in a sentence of its own
        "Take it all back and refund me. We do want the rug.",
        "I want to return everything. All right, the lamp my husband likes, so that one no.",
        # somebody is not sure, or calls it off
        "We would return the lamp, or maybe the rug. Can you refund us?",
        "I was going to ask for a refund of everything but the rug. Now we keep it all, thanks!",
        "Refund the lamp. Actually, the rug too.",
        "I wanted to return all except the rug, but never mind!",
        # told beside what is asked for
        "The rug shrank to the size of a towel. Refund please.",
        "Refund the lamp and the rug please, I will write about the chairs another day.",
        "I want a refund for the lamp or the rug.",
        "There is a lamp, a rug and a towel in it. Money back for the last one please.",
        # one more thing, told elsewhere
        "Please refund the lamp. The rug too.",
        "The rug came with a hole in it. I'd like my money back. Please refund the lamp as well.",
        "I want a refund for the lamp. There is a tear in the rug, too. Refund both pls.",
        "The lamp is dull. Please refund it and also the rug.",
        "Please refund the lamp and that shade.",
        # a part of what was left out
        "Please refund the order, but I keep some of the towels.",
        "The lamp flickers. With the rug and the towels I have no quarrel. Refund please.",
        # another number
        "Three of the chairs hold up, one collapsed. I'd like the money back for that chair.",
        "One chair leg snapped. I'd like a refund for all four chairs, or for one of the chairs.",
        "One chair snapped. Refund all three.",
        "Two of the chairs look odd. I'd like to return one of these for a refund.",
        "Only two of the chairs held up. Please refund the other two.",
        "One towel has lost its colour, the second towel too. Refund both.",
    ],
)
def test_what_speaks_against_it_makes_it_a_question(text: str) -> None:
    assert read_items(text) == "?"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Please refund the lamp. Thank you for all your help!", "1L"),
        ("I am happy with everything else, please refund the rug.", "1R"),
        ("The lamp does not work at all. I want to return it.", "1L"),
        ("I don't want the lamp any more, please refund it.", "1L"),
        ("The rug and the lamp came broken. I would like a refund.", "1L 1R"),
        ("The lamp stood on the chair when it broke. Please refund the lamp.", "1L"),
        ("I want to return everything except the rug.", "1L 4C 2T"),
        ("Return the lamp, I keep the rest.", "1L"),
        ("I'd like a refund for the rug only; the lamp and the towels are all good.", "1R"),
        ("The rug has a stain, the lamp does not light. Please refund both.", "1L 1R"),
        ("Please refund the whole order, it came broken.", "1L 1R 4C 2T"),
    ],
)
def test_what_is_plain_is_not_asked_about(text: str, items: str) -> None:
    assert read_items(text) == items


def test_words_that_name_two_items_alike_are_those_of_the_one_that_is_meant() -> None:
    alike = (
        Line(sku="P", name="Air purifier", quantity=1, price=Decimal(80)),
        Line(sku="V", name="Vacuum cleaner, robotic", quantity=1, price=Decimal(200)),
        Line(sku="W", name="Vacuum cleaner, canister", quantity=1, price=Decimal(150)),
    )
    order = replace(ORDER, lines=alike)
    text = "I want to return the air purifier and the robotic vacuum cleaner."
    found = find_requested_items(Document.read(text), order)
    assert (found.question, [piece.sku for piece in found.lines]) == ("", ["P", "V"])


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("One of the chairs wobbles. A refund for that chair, please.", "1C"),
        ("Two chairs came with a crack. Please refund the broken chair.", "2C"),
        ("The chair is not what I wanted, all 4 of them. Refund for the chair please.", "4C"),
    ],
)
def test_how_many_is_taken_from_the_only_number_that_is_said(text: str, items: str) -> None:
    assert read_items(text) == items


def test_where_something_is_left_out_a_rule_about_whole_orders_pays_for_nothing() -> None:
    text = Document.read("The rug can stay. The others I'd like to return for a refund.")
    found, codes = resolve_requested_items(text, ORDER, [])
    assert (found.lines, codes) == ((), ())
    assert found.question


def test_the_question_quotes_what_speaks_against_it() -> None:
    found = find_requested_items(Document.read("Please refund the lamp. The rug too."), ORDER)
    assert found.question == "Which items go back? It also says: “The rug too.”"


@pytest.mark.parametrize(
    "piece", ["one ", "both the lamp ", "all the rest ", "the rug or the lamp "]
)
def test_a_text_made_to_take_for_ever_is_read_all_the_same(piece: str) -> None:
    find_requested_items(Document.read(f"Please refund the lamp. {piece * 4_000}"), ORDER)
