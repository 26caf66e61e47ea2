"""Some pieces of a line can be left out, and then the others go back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.nlu.kept_pieces import Pieces, resolve_kept_pieces

LINES = (
    Line(sku="L", name="Desk lamp", quantity=3, price=Decimal(20)),
    Line(sku="R", name="Wool rug", quantity=1, price=Decimal(30)),
)
ORDER = Order(number="HP-10423", status="delivered", currency="GBP", lines=LINES, paid=Decimal(90))


def read_counts(text: str, order: Order = ORDER) -> str:
    found = find_requested_items(Document.read(text), order)
    return "?" if found.question else " ".join(f"{p.quantity}{p.sku}" for p in found.lines)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("I want to return all but one of the desk lamps.", "2L"),
        ("I want to return all desk lamps except one.", "2L"),
        ("I want to return every desk lamp save one.", "2L"),
        ("Please refund the lamps, all but one.", "2L"),
        ("I want to return all the lamps but two.", "1L"),
        ("I want to return all but a couple of the lamps.", "1L"),
        ("I want to keep one desk lamp and return the other two.", "2L"),
        ("I'm keeping one of the lamps. The other two I want to return.", "2L"),
        ("I'll keep two lamps, please refund the other one.", "1L"),
        ("I want to return everything except one lamp.", "2L 1R"),
        ("Keep one lamp, refund everything else.", "2L 1R"),
        ("I want to return the rug and two lamps, one lamp I keep.", "2L 1R"),
        ("I want to return the rug and all but one of the lamps.", "2L 1R"),
        ("I want to return a couple of lamps.", "2L"),
        ("I want to return both lamps but not the third.", "2L"),
        ("I want to return all lamps except the rug.", "3L"),
        ("I want to return everything except the lamps.", "1R"),
        ("I want to return all desk lamps.", "3L"),
        ("Please refund the desk lamps of HP-10423 except one.", "2L"),
        ("Please refund all the lamps of HP-10423 but two.", "1L"),
        ("Please refund the lamps (HP-10423) bar one.", "2L"),
        ("Please refund the lamps I bought under HP-10423, minus one.", "2L"),
        ("All lamps of HP-10423 but one are broken. Please refund them.", "2L"),
        ("Every one of the lamps of HP-10423 except two is broken, please refund.", "1L"),
        ("I want to return all HP-10423 lamps except one.", "2L"),
        ("Please refund the desk lamps of HP-10423 - all but one.", "2L"),
        ("I got three lamps in HP-10423, one is whole, please refund the others.", "2L"),
        ("1 of 3 lamps of HP-10423 is unbroken, a refund for the others please.", "2L"),
        ("Please refund the lamps. I don't keep one.", "3L"),
        ("Please refund the desk lamps. I keep one.", "2L"),
        ("Please refund the lamps in my last order HP-10423 save two.", "1L"),
        ("The desk lamps of HP-10423 are to be refunded except one. Please refund me.", "2L"),
        ("I want to return the lamps, one excepted.", "2L"),
        ("Please refund the three lamps of HP-10423. One of them I keep.", "2L"),
        ("I want to return the lamps but keep one.", "2L"),
        ("Please refund the lamps. I'll hold on to two for myself.", "1L"),
        ("Please refund two of the lamps. I keep one.", "2L"),
        ("One lamp of HP-10423 is whole, please refund the other two.", "2L"),
        ("Two lamps of HP-10423 were intact, please refund the others.", "1L"),
        ("One of the three lamps survived. I want a refund for the others.", "2L"),
        ("One lamp came broken, please refund it. The others are fine.", "1L"),
    ],
)
def test_the_pieces_that_are_kept_do_not_go_back(text: str, counts: str) -> None:
    assert read_counts(text) == counts


@pytest.mark.parametrize(
    "text",
    [
        "I want to return a few lamps.",
        "Please refund the lamps from HP-10423 except the one with the blue shade.",
        "Please refund the lamps. I keep all three.",
        "Half of the lamps of HP-10423 are fine, please refund the others.",
        "Please refund the lamps. I keep one, the rest goes back.",
        "Please refund the lamps and the rug. I keep one.",
        "Please refund HP-10423. I keep one.",
        "One lamp of HP-10423 is cracked, please refund the others.",
        "One lamp of HP-10423 is fine, refund the rest.",
        "I want to return most of the lamps.",
        "I want to return all but one.",
        "I want to keep one lamp, return the others.",
        "I want to keep one lamp and return the other three.",
        "I want to return all but three of the lamps.",
        "All lamps but one are fine, please refund that one.",
    ],
)
def test_a_number_that_is_not_plain_is_a_question(text: str) -> None:
    assert read_counts(text) == "?"


def test_an_order_of_which_a_piece_is_kept_is_not_the_whole_order() -> None:
    found = find_requested_items(Document.read("Return everything except one lamp."), ORDER)
    assert not found.whole


def test_of_a_line_of_two_names_no_number_is_guessed() -> None:
    lamps = [Pieces("Desk lamp", 3), Pieces("Floor lamp", 2)]
    said = Document.read("I want to return all lamps but one.")
    assert resolve_kept_pieces(said, lamps).question == "How many of the 3 × Desk lamp?"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Returning both pairs of boots. Two pairs in two sizes, my feet are a third size.", "2B"),
        ("I want to return both pairs of boots.", "2B"),
        ("I want to return a pair of boots.", "?"),
    ],
)
def test_a_pair_may_be_one_piece_or_two_but_both_are_both(text: str, counts: str) -> None:
    boots = Line(sku="B", name="Walking boots, size 9", quantity=2, price=Decimal(149))
    order = Order(
        number="HP-10423",
        status="delivered",
        currency="GBP",
        lines=(boots, LINES[1]),
        paid=Decimal(328),
    )
    assert read_counts(text, order) == counts
