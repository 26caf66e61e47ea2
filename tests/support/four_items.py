"""An order of four things, and which of them a message asks money back for, in letters."""

from __future__ import annotations

from decimal import Decimal

from triage.contract.case import Line, Order
from triage.nlu import RequestedItems, find_requested_items
from triage.nlu.document import Document

NAMES = {
    "K": "Enamel kettle",
    "L": "Storm lamp",
    "J": "Wool jacket, size: L",
    "T": "Drawing tablet",
}


def build_order(letters: str = "KLJT") -> Order:
    """An order of the things that the letters stand for, 10.00 each."""
    lines = tuple(
        Line(sku=letter, name=NAMES[letter], quantity=1, price=Decimal(10)) for letter in letters
    )
    paid = Decimal(10 * len(lines))
    return Order(number="HP-1042", status="delivered", currency="GBP", lines=lines, paid=paid)


def read_items(text: str, letters: str = "KLJT") -> RequestedItems:
    """What the text asks for of such an order."""
    return find_requested_items(Document.read(text), build_order(letters))


def read_letters(text: str, letters: str = "KLJT") -> str:
    """The letters of the things asked for, or "?" where there is a question."""
    found = read_items(text, letters)
    return "?" if found.question else "".join(piece.sku for piece in found.lines)
