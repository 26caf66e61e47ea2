"""The number of the order is one word that stands for it, however it is written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.nlu.own_number import replace_own_number

LINES = (
    Line(sku="L", name="Desk lamp", quantity=1, price=Decimal(20)),
    Line(sku="R", name="Wool rug", quantity=1, price=Decimal(30)),
)
ORDER = Order(number="", status="delivered", currency="GBP", lines=LINES, paid=Decimal(50))


def read_wanted(text: str, number: str) -> str:
    order = replace(ORDER, number=number)
    found = find_requested_items(Document.read(text.format(order=number)), order)
    return "?" if found.question else "".join(piece.sku for piece in found.lines)


@pytest.mark.parametrize("number", ["HP-10423", "40411", "EX-1"])
@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("I want to return everything in {order} apart from the desk lamp.", "R"),
        ("I want to return {order} minus the rug.", "L"),
        ("I want to return {order}, except for the wool rug.", "L"),
        ("I want to return everything of {order} but the desk lamp.", "R"),
        ("Please refund everything of {order} bar the lamp.", "R"),
        ("Return all items in order no. {order} save the lamp.", "R"),
        ("Please refund my order ({order}) except for the lamp.", "R"),
        ("Please return the whole of {order} barring the lamp.", "R"),
        ("I want to return all the items I bought under {order} but the rug.", "L"),
        ("Everything on #{order} goes back, apart from the wool rug. I want a refund.", "L"),
        ("Apart from the lamp I want to return everything in {order}.", "R"),
        ("The lamp of {order} is perfect, I want to return the rug.", "R"),
        ("I want to return the rug from {order}.", "R"),
        ("Please refund the whole order {order}.", "LR"),
        ("Please refund the entire order {order}.", "LR"),
        ("I want to return everything in {order}.", "LR"),
        ("Please refund all of order {order}.", "LR"),
        ("Please cancel {order} completely.", "LR"),
        ("Please refund {order}.", "LR"),
        ("Please refund order {order}, thank you.", "LR"),
    ],
)
def test_an_exception_counts_behind_a_number_too(text: str, number: str, letters: str) -> None:
    assert read_wanted(text, number) == letters


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("My order no. 40411 is late", "My order is late"),
        ("My order (#40411) is late", "My order is late"),
        ("40411 minus the rug", "this order minus the rug"),
        ("It was £40411.50 by card", "It was £40411.50 by card"),
    ],
)
def test_only_the_number_of_the_order_is_replaced(text: str, read: str) -> None:
    assert replace_own_number(Document.read(text), "40411", []).text == read


def test_a_number_that_an_item_has_in_its_name_stays() -> None:
    said = Document.read("Please refund the lamp 40411 now")
    assert replace_own_number(said, "40411", ["Lamp 40411"]).text == said.text
