"""Which order a message is about, and when something was by its words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.case_values import ORDER
from tests.support.order_values import MONDAY, NEWER, OLDER
from triage.contract.case import Line, Order
from triage.demo.company import build_company
from triage.demo.letters import load_letters
from triage.nlu import SEVERAL_ORDERS, OrderLink, link_order
from triage.nlu.dates import find_periods
from triage.nlu.document import Document


def meant(text: str, *orders: Order) -> OrderLink:
    return link_order(Document.read(text), orders or (NEWER, OLDER, ORDER), MONDAY)


# --- which order -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It is about hp 10877.", "HP-10877"),
        ("order no. 10423 please", "HP-10423"),
        ("The kettle is dented.", "HP-1042"),
        ("The red t-shirts are too small.", "HP-10877"),
        ("My T shirt, I bought it on 3 October.", "HP-10423"),
        ("What is the 96.95 charge on my card?", "HP-10877"),
        ("I ordered it last Thursday and want to cancel.", "HP-10877"),
        ("The chair I ordered seven weeks ago has arrived broken.", "HP-10423"),
        ("Please cancel the chair I have just ordered.", "HP-10877"),
    ],
)
def test_an_order_is_found_by_what_the_words_give(text: str, number: str) -> None:
    found = meant(text)
    assert found.order is not None
    assert found.order.number == number
    assert found.confidence >= 0.8


def test_the_only_order_is_meant() -> None:
    found = meant("My parcel, please.", ORDER)
    assert (found.order, found.because) == (ORDER, "the customer's only order")


def test_two_orders_alike_make_a_question_that_names_both() -> None:
    found = meant("The chair is wobbly.", NEWER, replace(OLDER, placed=date(2026, 11, 9)))
    assert found.order is None
    assert found.question == "HP-10877 of 19 November or HP-10423 of 9 November?"


def test_two_named_orders_make_a_question() -> None:
    found = meant("HP-10877 and HP-10423, both of them.")
    assert (found.order, found.because) == (None, SEVERAL_ORDERS)
    assert "HP-10877" in found.question
    assert "HP-10423" in found.question


def test_a_number_that_is_nobodys_is_told_and_not_taken_for_the_only_order() -> None:
    found = meant("Where is order 99999?", ORDER)
    assert found.order is None
    assert found.because == "None of the customer's orders has the number 99999."


def test_a_slip_in_a_number_asks_for_the_order_with_nearly_that_number() -> None:
    found = meant("Where is order 10432?")
    assert found.order is None
    assert "HP-10423" in found.question


def test_without_orders_there_is_nothing_to_choose() -> None:
    found = link_order(Document.read("Where is HP-1042?"), (), MONDAY)
    assert (found.order, found.confidence) == (None, 0.0)


def test_all_that_is_likely_is_told_with_its_share() -> None:
    found = meant("The kettle is dented.")
    shares = [candidate.confidence for candidate in found.alternatives]
    assert [candidate.number for candidate in found.alternatives][0] == "HP-1042"
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.0


@given(text=st.text(max_size=300), number=st.from_regex(r"HP-[0-9]{4,5}", fullmatch=True))
@example(text="It is about HP-99999, order 99999.", number="HP-99999")
def test_no_text_names_another_customers_order(text: str, number: str) -> None:
    """Nor is there any in the question or among the alternatives."""
    own = {"HP-10877", "HP-10423"}
    found = link_order(Document.read(f"{text} order {number} {text}"), (NEWER, OLDER), MONDAY)
    assert found.order is None or found.order.number in own
    assert {candidate.number for candidate in found.alternatives} <= own


def as_stored(row: dict[str, Any]) -> Order:
    paid = [Decimal(p["amount"]) for p in row["payments"] if p["kind"] == "capture"]
    placed, promised, delivered = (
        datetime.fromisoformat(row[f"{name}_at"]).date() if row[f"{name}_at"] else None
        for name in ("placed", "promised", "delivered")
    )
    lines = tuple(
        Line(
            sku=line["sku"],
            name=line["name"],
            quantity=line.get("quantity", 1),
            price=Decimal(line["unit_price"]),
            category=line.get("category", ""),
        )
        for line in row["lines"]
    )
    return Order(
        number=row["number"],
        status=row["status"],
        currency="GBP",
        lines=lines,
        paid=sum(paid, Decimal(0)),
        placed=placed,
        promised=promised,
        delivered=delivered,
    )


def test_of_the_demo_tickets_the_order_chosen_is_nearly_always_the_right_one() -> None:
    """And with all order numbers taken out of the words, still in nine of ten."""
    made = build_company(MONDAY)
    owner = {row["number"]: row["customer"] for row in made.orders}
    wrong = {letter.external_id for letter in load_letters() if letter.needs == "other order"}
    right: dict[bool, list[bool]] = {True: [], False: []}
    for ticket in made.tickets:
        number = made.about.get(ticket["external_id"])
        if number is None or ticket["external_id"] in wrong:
            continue
        own = [as_stored(r) for r in made.orders if r["customer"] == owner[number]]
        text = f"{ticket['subject']}\n{ticket['body']}"
        received = datetime.fromisoformat(ticket["received_at"]).date()
        for whole in (True, False):
            said = text if whole else re.sub(r"(?i)hp[- ]?\d+|\b\d{5}\b", "", text)
            if (whole or len(own) > 1) and (
                found := link_order(Document.read(said), own, received)
            ).order:
                right[whole].append(found.order.number == number)
    assert len(right[True]) > 180
    assert sum(right[True]) >= 0.98 * len(right[True])
    assert len(right[False]) > 30
    assert sum(right[False]) >= 0.9 * len(right[False])


# --- days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("bought last Tuesday", date(2026, 11, 17), date(2026, 11, 17)),
        ("on 3 October", date(2026, 10, 3), date(2026, 10, 3)),
        ("on 24 December", date(2025, 12, 24), date(2025, 12, 24)),
        ("ordered two weeks ago", date(2026, 11, 6), date(2026, 11, 12)),
        ("yesterday", date(2026, 11, 22), date(2026, 11, 22)),
        ("in early October", date(2026, 10, 1), date(2026, 10, 12)),
        ("last month", date(2026, 10, 1), date(2026, 10, 31)),
        ("since December 2025", date(2025, 12, 1), date(2025, 12, 31)),
        ("2026-10-03", date(2026, 10, 3), date(2026, 10, 3)),
    ],
)
def test_a_day_is_read_as_of_the_day_the_ticket_came_in(text: str, first: date, last: date) -> None:
    found = find_periods(Document.read(text), MONDAY)[0]
    assert (found.first, found.last) == (first, last)


def test_a_day_that_reads_in_two_ways_is_tried_in_both() -> None:
    assert [p.first for p in find_periods(Document.read("on 3/10"), MONDAY)] == [
        date(2026, 10, 3),
        date(2026, 3, 10),
    ]


def test_a_deadline_is_no_day_of_an_order() -> None:
    assert find_periods(Document.read("I need it by 20 November"), MONDAY) == ()


@given(text=st.text(max_size=200), received=st.dates())
@example(text="9999 years ago, 31/2, 0 May, last Monday, late February", received=date.min)
def test_no_text_speaks_of_a_day_to_come(text: str, received: date) -> None:
    for period in find_periods(Document.read(text), received):
        assert period.first <= received
