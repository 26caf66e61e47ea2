"""What a clause makes depend on the order comes out for this order, and the reply says how."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.support.case_values import ORDER, case
from triage.saved_replies.clause_conditions import apply_clause, parse_clause_conditions

UNTIL_SENT = "You can change the delivery address until the order has been sent."
WINDOW = "You can exchange an unused item within 14 days of delivery."


def applied(text: str, **order: Any) -> str:
    return apply_clause(text, case(order=replace(ORDER, **order))).text


def test_until_it_has_been_sent() -> None:
    assert applied(UNTIL_SENT, status="paid").endswith(
        "has not been sent yet, so this is still possible."
    )
    assert applied(UNTIL_SENT, status="shipped").endswith("so this is no longer possible.")


@pytest.mark.parametrize(
    ("came", "said"), [(6, "you are within this time"), (5, "this time is over")]
)
def test_a_window_ends_on_its_day(came: int, said: str) -> None:
    assert said in applied(WINDOW, delivered=date(2026, 11, came))


def test_what_no_row_tells_is_open() -> None:
    assert apply_clause(WINDOW, case(order=replace(ORDER, delivered=None))).is_open


@pytest.mark.parametrize(
    "text",
    [
        "Orders placed before 14:00 on a working day are sent the same day.",
        "You hear from us within 2 working days.",
        "If you forgot the code, send it within 24 hours of ordering.",
        "Parcels take 3 to 5 days.",
    ],
)
def test_what_rows_cannot_decide_is_no_condition(text: str) -> None:
    assert parse_clause_conditions(text) == ()


def test_the_comparison_is_on_record() -> None:
    (one,) = apply_clause(WINDOW, case()).compared
    assert (one.name, one.value, one.wanted, one.holds) == (
        "days since delivery",
        "15",
        "at most 14",
        False,
    )


@pytest.mark.parametrize("status", ["delayed", "cancelled", "refunded"])
def test_of_an_order_held_up_or_called_off_no_row_says_whether_it_was_sent(status: str) -> None:
    assert apply_clause(UNTIL_SENT, case(order=replace(ORDER, status=status))).is_open


def test_of_two_windows_a_person_says_which_is_meant() -> None:
    found = apply_clause(
        f"{WINDOW} Faulty ones can be returned within 2 years of delivery.", case()
    )
    assert (found.is_open, found.text) == (True, "")


def test_a_delivery_after_the_message_is_no_time_that_is_over() -> None:
    assert apply_clause(WINDOW, case(order=replace(ORDER, delivered=date(2026, 11, 21)))).is_open
