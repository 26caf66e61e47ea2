"""Orders and offers for the tests of what a message is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.support.case_values import KETTLE, LAMP, ORDER
from triage.contract.case import Line, Offer, Order

MONDAY = date(2026, 11, 23)
CHAIR = Line(sku="C1", name="Porch chair", quantity=1, price=Decimal("80.00"))
RED = Line(sku="T1", name="T-Shirt, colour: red, size: M", quantity=1, price=Decimal("12.00"))
BLUE = Line(sku="T2", name="T-Shirt, colour: blue, size: M", quantity=1, price=Decimal("10.00"))
NEWER = Order(
    number="HP-10877",
    status="pending",
    currency="GBP",
    lines=(CHAIR, RED),
    paid=Decimal("96.95"),
    placed=date(2026, 11, 19),
)
OLDER = Order(
    number="HP-10423",
    status="delivered",
    currency="GBP",
    lines=(CHAIR, BLUE),
    paid=Decimal("90.00"),
    placed=date(2026, 10, 3),
    delivered=date(2026, 10, 9),
)
SHIRTS = replace(ORDER, lines=(KETTLE, LAMP, RED, BLUE), paid=Decimal("111.00"))
OFFERS = (
    Offer(sku="T1", product="tee", name=RED.name, price=Decimal("12.00")),
    Offer(sku="T2", product="tee", name=BLUE.name, price=Decimal("10.00")),
    Offer(sku="T3", product="tee", name="T-Shirt, colour: green, size: M", price=Decimal("15.00")),
)


LAMPS, TEE_RED, TEE_BLUE = LAMP.name, RED.name, BLUE.name
