"""Where all but something came broken, that is what stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.nlu.spared_items import (
    find_survived,
    find_trouble,
    is_spared,
    match_single_spared,
    match_spared,
    tells_of_trouble,
)
from triage.nlu.spoken_words import iter_words

LINES = (
    Line(sku="L", name="Brass lamp", quantity=1, price=Decimal(40)),
    Line(sku="R", name="Wool rug", quantity=1, price=Decimal(90)),
    Line(sku="C", name="Linen cushion", quantity=1, price=Decimal(25)),
    Line(sku="W", name="Wine glass", quantity=6, price=Decimal(8)),
)
ORDER = Order(number="TR-4001", status="delivered", currency="GBP", lines=LINES, paid=Decimal(203))


def read_items(text: str) -> str:
    found = find_requested_items(Document.read(text), ORDER)
    return "?" if found.question else " ".join(f"{p.quantity}{p.sku}" for p in found.lines)


@pytest.mark.parametrize(
    "text",
    [
        "Everything is broken except the cushion. Please refund.",
        "TR-4001: Everything is broken apart from the cushion. Please refund.",
        "It is all broken, not counting the cushion. Please refund.",
        "Everything in TR-4001 is broken. Except the cushion. Please refund.",
        "Please refund. Everything in TR-4001 is broken except the cushion.",
        "Apart from the cushion, everything in TR-4001 is damaged. Please refund.",
        "Everything in TR-4001 except the cushion is broken. I want my money back.",
        "My order TR-4001 arrived damaged, apart from the cushion. Please refund me.",
        "TR-4001: everything was in pieces bar the cushion. I want a refund.",
        "All of TR-4001 came smashed but the cushion. Please refund the broken ones.",
        "Everything in TR-4001 was damaged, the cushion excepted. Please refund.",
        "Everything's broken in TR-4001 except the cushion. Could you refund me?",
        "All items arrived broken (TR-4001), except the cushion. Kindly refund.",
        "TR-4001 came broken, the cushion is the sole survivor. Please refund.",
        "TR-4001 came broken, only the cushion survived. Please refund.",
        "The whole parcel of TR-4001 was crushed, only the cushion is fine. Please refund it all.",
        "The cushion is the only thing in TR-4001 that survived. Please refund.",
        "The only thing in TR-4001 that is intact is the cushion. Please refund.",
        "Nothing in TR-4001 survived but the cushion. Please refund.",
        "Nothing but the cushion survived in TR-4001. Please refund.",
    ],
)
def test_all_but_what_came_whole_goes_back(text: str) -> None:
    assert read_items(text) == "1L 1R 6W"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "Everything in TR-4001 arrived broken except one wine glass. Please refund.",
            "1L 1R 1C 5W",
        ),
        ("TR-4001 came smashed, only two wine glasses survived. Please refund.", "1L 1R 1C 4W"),
        ("Please refund TR-4001 but for two glasses that we keep.", "1L 1R 1C 4W"),
        ("Everything is broken except the cushion. Please refund the lamp.", "1L"),
        ("Everything in TR-4001 is broken except the other one. Please refund.", "?"),
        (
            "Everything in TR-4001 arrived broken, without exception. I want it all refunded.",
            "1L 1R 1C 6W",
        ),
        ("Everything works except the lamp, which is broken. Please refund.", "1L"),
        ("Everything is fine in TR-4001, only the lamp is broken. Please refund.", "1L"),
        ("No item of TR-4001 is damaged except the cushion. Please refund.", "?"),
        ("Only the lamp and the rug of TR-4001 came through unharmed. Please refund.", "1C 6W"),
        ("The rug and two glasses of TR-4001 are fine, refund the others please.", "?"),
        ("The rug of TR-4001 is fine, please refund the others.", "1L 1C 6W"),
        ("The lamp and the rug of TR-4001 are intact, please refund the rest.", "1C 6W"),
    ],
)
def test_what_is_told_of_some_is_read_with_the_request(text: str, items: str) -> None:
    assert read_items(text) == items


def test_a_trouble_that_is_denied_is_none() -> None:
    for text, trouble, spared in [
        ("came badly damaged", True, False),
        ("is not broken", False, True),
        ("is still completely fine", False, True),
        ("is splendid", False, False),
    ]:
        words = tuple(iter_words(text))
        assert (find_trouble(words), match_spared(words, 0) > 0) == (trouble, spared), text


def test_what_did_not_survive_did_not() -> None:
    for text, survived in [("the rug survived", True), ("no glass survived", False)]:
        words = tuple(iter_words(text))
        assert find_survived(words, 2) == survived
        assert not is_spared(words, 0)
    assert match_single_spared(tuple(iter_words("only thing that survived")), 0) == 4
    assert tells_of_trouble(tuple(iter_words("the parcel was crushed")))
    assert not tells_of_trouble(tuple(iter_words("everything arrived")))
