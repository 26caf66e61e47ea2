"""What a request asks for is the object of its verb, and not what its reasons name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.four_items import NAMES, read_letters
from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.nlu.item_names import find_unique_words
from triage.nlu.requested_objects import ObjectReader, find_less_than_all, iter_asides_removed


def read_pair(text: str) -> str:
    """The things asked for of an order of a lamp and a rug, or "?" where there is a question."""
    lines = (
        Line(sku="lamp", name="Desk lamp", quantity=1, price=Decimal(20)),
        Line(sku="rug", name="Rug", quantity=1, price=Decimal(30)),
    )
    order = Order(number="HP-1", status="delivered", currency="GBP", lines=lines, paid=Decimal(50))
    found = find_requested_items(Document.read(text), order)
    return "?" if found.question else " ".join(piece.sku for piece in found.lines)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("I want to return the rug since the lamp looks odd on it.", "rug"),
        ("I'd like to send the lamp back as it stains the rug.", "lamp"),
        ("I want to return the lamp, which burnt the rug.", "lamp"),
        ("The lamp is lovely but I want to return the rug.", "rug"),
        ("Compared with the lamp the rug is poor, I want to return it.", "rug"),
        ("Please refund the rug because the lamp's feet have marked it.", "rug"),
        ("Since the lamp looks odd on it, I want to return the rug.", "rug"),
        ("The rug should be refunded as the lamp fell on it.", "rug"),
        ("I want to send back the rug I bought with the lamp.", "rug"),
        ("The lamp is broken. I want to return it since the rug is stained by it.", "lamp"),
        ("I want a refund because the lamp is broken.", "lamp"),
    ],
)
def test_what_a_reason_names_is_not_asked_for(text: str, items: str) -> None:
    assert read_pair(text) == items


@pytest.mark.parametrize(
    "text",
    [
        "I want a refund because the lamp burnt the rug.",
        "The lamp burnt the rug. I want to return it.",
        "Refund the rug, and the lamp arrived broken.",
        "Return the carpet since the lamp looks odd on it.",
        "one desk lamp less than all please",
    ],
)
def test_what_the_words_leave_open_is_a_question(text: str) -> None:
    assert read_pair(text) == "?"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("My lamp and rug arrived broken, please refund both.", "lamp rug"),
        ("Refund the lamp and the rug because they are ugly.", "lamp rug"),
        ("I'd like to return the lamp and get my money back, it is too dark.", "lamp"),
        ("Please cancel the lamp from order 123, I bought it twice.", "lamp"),
        ("I want to return the rug as well as the lamp.", "lamp rug"),
        (
            "I want to cancel the rug because it is torn and the lamp because it is dead.",
            "lamp rug",
        ),
        ("Please refund the rug that has a hole and the lamp that is cracked.", "lamp rug"),
        ("As I said, I want to return the rug.", "rug"),
    ],
)
def test_a_plain_request_is_no_question(text: str, items: str) -> None:
    assert read_pair(text) == items


def test_a_list_goes_on_behind_a_reason() -> None:
    text = "Please send the lamp back, which scratched the kettle, and the tablet."
    assert read_letters(text) == "LT"


READER = ObjectReader(list(NAMES.values()), find_unique_words(list(NAMES.values())))


def test_a_reason_names_nothing_that_is_asked_for() -> None:
    text = "Return the jacket because the lamp burnt it."
    assert READER.find_places(READER.remove_asides(text)) == {2}
    assert READER.find_places(" ".join(iter_asides_removed(READER, Document(text)))) == {2}


def test_less_than_all_leaves_the_rest_open() -> None:
    assert find_less_than_all(Document("one lamp less than all"))
    assert not find_less_than_all(Document("all of the lamps"))
