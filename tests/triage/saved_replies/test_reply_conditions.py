"""A condition of a saved reply is held against the rows, and says how each part came out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.case_values import KETTLE, ORDER, case
from triage.contract.saved_reply import Condition
from triage.saved_replies.reply_conditions import (
    check_all_hold,
    compare_condition,
    describe_condition,
    find_state,
)

TODAY = date(2026, 11, 20)  # Maya writes; the kettle came on 5 November


def hold(condition: Condition, **order: Any) -> bool | None:
    return check_all_hold(compare_condition(condition, case(order=replace(ORDER, **order))))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("paid", "waiting"),
        ("shipped", "moving"),
        ("partly_refunded", "back"),
        ("delivered", "done"),
        ("cancelled", "off"),
        ("unheard of", ""),
    ],
)
def test_a_status_belongs_to_a_state(status: str, state: str) -> None:
    assert find_state(replace(ORDER, status=status)) == state


@pytest.mark.parametrize(
    ("condition", "order", "holds"),
    [
        (Condition(), {}, True),
        (Condition(states=("done",)), {}, True),
        (Condition(states=("waiting",)), {}, False),
        (Condition(states=("waiting",)), {"status": "unheard of"}, None),
        (Condition(days_since_delivery=(None, 15)), {}, True),
        (Condition(days_since_delivery=(None, 14)), {}, False),
        (Condition(days_since_delivery=(16, None)), {}, False),
        (Condition(days_since_delivery=(None, 30)), {"delivered": None}, None),
        (Condition(days_since_purchase=(19, 19)), {}, True),
        (Condition(late=True), {"delivered": None, "promised": TODAY - timedelta(1)}, True),
        (Condition(late=True), {"delivered": None, "promised": TODAY}, False),
        (Condition(late=True), {"promised": None}, None),
        (Condition(refunded=False), {}, True),
        (Condition(refunded=True), {}, False),
    ],
)
def test_each_part_holds_fails_or_is_left_open(
    condition: Condition, order: dict[str, Any], holds: bool | None
) -> None:
    assert hold(condition, **order) is holds


def test_without_an_order_what_asks_for_one_is_open() -> None:
    compared = compare_condition(Condition(states=("done",)), case(order=None))
    assert [one.holds for one in compared] == [None]


def test_what_is_meant_by_name_decides_about_final_sale() -> None:
    sale = replace(KETTLE, final_sale=True)
    made = case(order=replace(ORDER, lines=(sale, *ORDER.lines[1:])))
    (said,) = compare_condition(Condition(final_sale=True), made)
    assert (said.value, said.holds) == ("final sale", True)


def test_the_channel_of_the_ticket_counts() -> None:
    asked = Condition(channels=("form",))
    assert check_all_hold(compare_condition(asked, case(channel="form"))) is True
    assert check_all_hold(compare_condition(asked, case(channel="mail"))) is False


def test_a_person_reads_the_condition_in_words() -> None:
    condition = Condition(states=("waiting", "moving"), days_since_delivery=(None, 30), late=False)
    assert describe_condition(condition) == (
        "order not sent yet or on its way",
        "days since delivery: at most 30",
        "not late",
    )
