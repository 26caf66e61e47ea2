"""What is left out of all, and what came whole, is never taken alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from triage.contract.case import Line, Order
from triage.nlu import find_requested_items
from triage.nlu.document import Document
from triage.nlu.excepted_items import find_excepted_places
from triage.nlu.item_names import find_unique_words

LINES = (
    Line(sku="L", name="Brass lamp", quantity=1, price=Decimal(40)),
    Line(sku="R", name="Wool rug", quantity=1, price=Decimal(90)),
    Line(sku="S", name="Oak stool", quantity=1, price=Decimal(60)),
)
ORDER = Order(number="TR-4001", status="delivered", currency="GBP", lines=LINES, paid=Decimal(190))
NAMES = [line.name for line in LINES]


def read_items(text: str) -> str:
    found = find_requested_items(Document.read(text), ORDER)
    return "?" if found.question else "".join(piece.sku for piece in found.lines)


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte alles aus TR-4001 zurückgeben außer dem Wool rug.",
        "Bitte die ganze Bestellung TR-4001 erstatten bis auf die Brass lamp.",
        "Bitte alles aus TR-4001 erstatten, den Wool rug behalte ich.",
        "Alles aus TR-4001 ist kaputt, nur der Wool rug ist heil. Bitte erstatten.",
        "Merci de me rembourser toute la commande TR-4001 sauf la Brass lamp.",
        "Ich sende TR-4001 komplett zurück, nur die Brass lamp nicht.",
        "Alles kaputt in TR-4001, die Brass lamp ausgenommen. Bitte Geld zurück.",
        "Je vous renvoie TR-4001 moins la Brass lamp.",
        "The lamp arrived safe but everything else in TR-4001 is in bits. Refund please.",
        "The lamp of TR-4001 is fine, the others are broken. Please refund them.",
        "TR-4001: all smashed. The lamp is the one exception. Refund please.",
        "Everything in TR-4001 is broken. The lamp is not. Please refund.",
        "Całe zamówienie TR-4001 do zwrotu, Wool rug zostaje.",
        "Hormis le Oak stool je renvoie tout TR-4001.",
        "Je garde la Brass lamp, remboursez tout le reste de TR-4001.",
        "Quiero devolver todo de TR-4001 excepto la Brass lamp.",
        "Vorrei restituire tutto di TR-4001 tranne il Wool rug.",
        "Ik wil alles van TR-4001 terugsturen behalve de Wool rug.",
        "Graag de hele bestelling TR-4001 terugbetalen, op de Wool rug na.",
        "Quero devolver tudo de TR-4001 exceto a Brass lamp.",
        "Chcę zwrócić całe zamówienie TR-4001 z wyjątkiem Wool rug.",
        "I return the whole of TR-4001 unopened save the lamp.",
        "TR-4001 came broken. The rug is fine. Please refund.",
        "TR-4001 came broken. The rug survived. Please refund.",
    ],
)
def test_an_exception_in_words_we_do_not_read_is_a_question(text: str) -> None:
    assert read_items(text) == "?"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Bitte erstatten Sie den Wool rug aus TR-4001.", "R"),
        ("Je voudrais un remboursement pour la Brass lamp de TR-4001.", "L"),
        ("Everything in TR-4001 is fine except the stool. Please refund.", "S"),
        ("I got everything in TR-4001 but the lamp. Please refund.", "L"),
        ("Nothing in TR-4001 is broken except the lamp. Please refund.", "L"),
        ("My order TR-4001 arrived but the lamp is broken. Please refund it.", "L"),
    ],
)
def test_what_is_the_trouble_itself_is_no_question(text: str, items: str) -> None:
    assert read_items(text) == items


def test_an_exception_needs_something_it_is_left_out_of() -> None:
    unique = find_unique_words(NAMES)
    for text, places in [
        ("Alles zurück außer Wool rug.", {1}),
        ("Den Wool rug bitte, ohne Brass lamp.", set()),
        ("All of it back except the lamp and the stool.", {0, 2}),
        ("The rug did not survive.", set()),
    ]:
        assert find_excepted_places(Document.read(text), NAMES, unique) == places, text


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Please refund TR-4001 in its entirety save for the stool.", "LR"),
        ("Please refund TR-4001 in full except the lamp.", "RS"),
        ("Please refund TR-4001 in full.", "LRS"),
        ("I am returning all of TR-4001 unused bar the oak stool. Please refund.", "LR"),
        (
            "I am sending everything in TR-4001 back unworn and sealed but the rug. Please refund.",
            "LS",
        ),
        ("All in TR-4001 but the rug is going back unused. Refund please.", "LS"),
        ("Everything in TR-4001, the stool aside, should be refunded.", "LR"),
        ("Everything from TR-4001 except the rug and the stool goes back. Refund please.", "L"),
        ("All items from TR-4001 but the rug and the lamp shall be refunded.", "S"),
        ("Everything but the rug should be refunded, TR-4001, it came broken.", "LS"),
    ],
)
def test_words_between_all_and_the_exception_change_nothing(text: str, items: str) -> None:
    assert read_items(text) == items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "My refund request for TR-4001 is about the rug only; the lamp was replaced already.",
            "R",
        ),
        ("My return of TR-4001 concerns only the lamp; the stool was already refunded.", "L"),
        (
            "I was refunded for the rug of TR-4001 but not for the lamp. Please refund the lamp.",
            "L",
        ),
        ("Could you pay me back for the lamp (TR-4001)? It came scratched by the stool.", "L"),
        ("Would you pay me back for the rug (TR-4001)? It arrived under the stool, torn.", "R"),
    ],
)
def test_what_is_told_beside_the_request_is_not_asked_for(text: str, items: str) -> None:
    assert read_items(text) == items
