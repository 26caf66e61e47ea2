"""Messages with every kind of number, made from a seed: what each is about is known.

Three shops, by the form of their order numbers: digits alone, letters before them, several
parts. A message either names one or two orders, or has digits in it that are no order's
(money, a day, a year, a quantity, an address …), or names a number that none of the orders has.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from tests.support.case_values import ORDER
from triage.contract.case import Line, Order

RECEIVED: Final = date(2026, 11, 23)
ITEMS: Final = ("Oak chair", "Pine stool", "Desk lamp", "Wool rug", "Glass vase", "Tea kettle")
SHOPS: Final = {
    "plain": ("1002", "1003", "2026", "2052", "2053"),
    "prefixed": ("HP-1002", "HP-1003", "HP-2026", "HP-2052", "HP-2053"),
    "several parts": (
        "2026/10/08",
        "2026/10/77",
        "RE/2026/0005",
        "HP-20001-B",
        "026-1234567-1234567",
    ),
}
STRANGE: Final = {
    "plain": ("1009", "2077"),
    "prefixed": ("HP-1009", "HP-2077"),
    "several parts": ("2026/10/91", "RE/2026/0044", "HP-20007-B", "026-7654321-1234567"),
}
"""Numbers of each shop's form that are none of the customer's."""
LOOKALIKES: Final = {
    "plain": ("1002", "1003", "2026", "2052"),
    "prefixed": ("1002", "1003", "2026", "2052"),
    "several parts": ("2026", "77", "0005", "20001", "1234567"),
}
"""Digits that stand in order numbers of the shop, and mean something else in the message."""

NAMING: Final = (
    "Order {n} please refund",
    "order no. {n} arrived broken",
    "Order No: {n}",
    "Order number:\n{n}\nThank you",
    "My order number is {n}, where is it?",
    "Please cancel order #{n}.",
    "#{n} has not come",
    "my order ({n}) is damaged",
    "It is about order {n}.",
    "Re: order {n}\nI want my money back",
    "Re: {n}\nWhere is it?",
    "{n}",
    "Hello,\n\n{n}\n\nThanks",
    "I have a problem with my order, number {n}.",
    "order ID {n} - one piece is missing",
    "order ref: {n}. The box was empty.",
    "ORDER {n} NEVER ARRIVED",
    "Your confirmation for order {n} says it was sent.",
    "Bestellung {n} ist kaputt angekommen",
    "Bestellnummer: {n}, ich möchte mein Geld zurück",
    "Meine Bestell-Nr. lautet {n}",
    "Es geht um die Bestellung mit der Nummer {n}.",
    "Auftrag {n} bitte stornieren",
    "pedido nº {n} no ha llegado",
    "Mi número de pedido es {n}",
    "commande n° {n} cassée, je veux être remboursé",
    "numéro de commande : {n}",
    "Il mio ordine {n} è arrivato rotto",
    "numero d'ordine {n}",
    "Mijn bestelling {n} is niet aangekomen",
    "ordernummer {n}",
    "zamówienie nr {n} jest uszkodzone",
    "Min beställning {n} har inte kommit",
    "encomenda {n} não chegou",
    "заказ № {n} не пришёл",
    "注文番号 {n} の返金をお願いします",
    "{n} is the order number.",
    "Refund for order {n} of 3 October, I paid £49.00",
    "order {n} (2 mugs, £2052) was never delivered",
)
NAMING_TWO: Final = (
    "orders {n} and {m}",
    "order {n} and {m} are both broken",
    "Orders {n}, {m}: refund please",
    "My orders:\n- {n}\n- {m}",
    "order {n} & order {m}",
    "Bestellungen {n} und {m}",
    "#{n} and #{m}",
)
NEVER_NAMING: Final = {
    "money": (
        "I paid £{n} for it and want my money back",
        "I paid {n} euros for it",
        "It cost me {n} pounds!",
        "The total was {n} USD",
        "you charged me ${n}",
        "refund me {n} €",
        "EUR {n} was taken from my card",
        "the price was {n},00 €",
        "Ich habe {n} Euro bezahlt",
        "j'ai payé {n} €",
        "I paid {n}.50 for that",
        "kr {n} was debited",
        "a bill of {n},- came",
        "I spent {n} on this",
    ),
    "date": (
        "it was delivered on 10/10/{n}",
        "I bought it on 3 October {n}",
        "bought on {n}-10-07",
        "since 08.10.{n}",
        "ordered on October 3, {n}",
        "am 3. Oktober {n} gekauft",
    ),
    "year": (
        "I bought it in {n}",
        "The guarantee runs until {n}",
        "I am a customer since {n}",
        "my order from {n} never came",
        "the {n} catalogue said so",
        "seit {n} bin ich Kunde",
        "in the summer of {n}",
    ),
    "quantity": (
        "I need {n} pieces",
        "{n} pieces were missing",
        "please order {n} mugs for me",
        "I would like to order {n} of them",
        "there are {n} beads in it, I wanted more",
        "ich brauche {n} Stück",
        "I want to order {n} more",
        "we are {n} people",
        "an order of {n} mugs",
    ),
    "address": (
        "collect it at {n} Hill Road",
        "I live at {n} Oak Avenue",
        "send it to {n} West Street, please",
        "my new address is Hauptstraße {n}",
        "Flat {n}, Hill House",
        "PO Box {n}",
        "rue de la Paix {n}",
        "Please deliver to room {n}",
    ),
    "postcode": (
        "I live in {n} Lausanne",
        "my address is {n} AB Amsterdam",
        "postcode {n}",
        "PLZ {n}",
        "CH-{n} Lausanne is where I live",
    ),
    "phone": (
        "call me on 0{n} 555123",
        "call me on +44 7700 90{n}",
        "my phone is 555-{n}",
        "extension {n}",
        "Tel. {n} 66 77",
        "ring {n} when you are there",
    ),
    "serial": (
        "serial number {n}",
        "the serial no. is {n}",
        "S/N {n}",
        "model {n} does not work",
        "the model number is {n}",
        "tracking number {n}",
        "Sendungsnummer {n}",
        "item number {n}",
        "Artikelnummer {n}",
        "ticket #{n}",
        "my customer number is {n}",
        "my card ends in {n}",
        "invoice {n}",
        "voucher code {n}",
    ),
    "measure": (
        "it weighs {n} g",
        "it is {n} mm wide",
        "a cable of {n} cm",
        "it is {n}x300 mm",
        "{n} W is too much",
        "the bulb has {n} lumens",
        "after {n} km it broke",
        "only {n} % of it works",
        "it took {n} hours",
    ),
}
ASIDE: Final = (
    "",
    "Hello,\n",
    "Hi there. ",
    "I want a refund. ",
    "It came broken. ",
    "Guten Tag,\n",
)
"""What stands before some of the messages."""


@dataclass(frozen=True)
class Sample:
    """A message: ``about`` are the orders that it names, none where digits mean something else;
    ``strange`` is a number of the shop's form that is none of the customer's."""

    shop: str
    kind: str
    text: str
    about: tuple[str, ...] = ()
    strange: str = ""


def build_orders(numbers: Sequence[str]) -> tuple[Order, ...]:
    """The orders of one customer, nothing but the number and the item tells them apart."""
    return tuple(
        replace(
            ORDER,
            number=number,
            lines=(Line(sku=f"S{at}", name=ITEMS[at], quantity=1, price=Decimal(20)),),
            paid=Decimal(20),
            placed=RECEIVED - timedelta(days=30 + at % 2),
            delivered=RECEIVED - timedelta(days=20),
        )
        for at, number in enumerate(numbers)
    )


def make_samples(seed: int) -> Iterator[Sample]:
    """Every wording in each of the shops, with numbers, spellings and beginnings drawn by lot."""
    rng = random.Random(seed)
    for shop, own in SHOPS.items():
        for wording in NAMING:
            number = rng.choice(own)
            text = wording.format(n=misspell_number(rng, number))
            yield Sample(shop, "order", text, (number,))
            other = rng.choice(STRANGE[shop])
            yield Sample(shop, "strange", wording.format(n=other), strange=other)
        for wording in NAMING_TWO:
            first, second = rng.sample(own, 2)
            yield Sample(shop, "two", wording.format(n=first, m=second), (first, second))
        for kind, wordings in NEVER_NAMING.items():
            for wording in wordings:
                digits = rng.choice(LOOKALIKES[shop])
                yield Sample(shop, kind, rng.choice(ASIDE) + wording.format(n=digits))


def misspell_number(rng: random.Random, number: str) -> str:
    """A number as people type it: as it is, in lower case, with other dashes or with blanks."""
    spellings = [number, number.lower(), number.replace("-", "–"), number.replace("-", " ")]
    return rng.choice([number, *spellings])
