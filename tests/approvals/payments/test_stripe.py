"""Stripe through its library: the same failures, on the same server speaking its routes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import Execution
from approvals.payments.gateways import stripe
from tests.support.payment_rows import PI, approved, asked, meet, ordered, paid, states
from tests.support.payment_rows import by_stripe as use_stripe
from tests.support.payment_server import UNCLEAR_MOODS, Books, Order, payment_server
from tickets.models import Payment
from tickets.models.amounts import load_minor_units

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
FAILED, QUEUED = ("failed", "failed"), ("queued", "executing")


@pytest.fixture
def books(settings: Any) -> Iterator[Books]:
    with payment_server() as open_books:
        use_stripe(settings, open_books)
        yield open_books


def test_it_is_paid_once_under_the_stored_key(books: Books) -> None:
    execution = ordered()
    assert states(paid(execution)) == DONE
    (order,) = books.orders
    assert order == Order(execution.key, str(execution.refund_id), PI, "4900", "gbp")
    assert Payment.objects.get(kind="refund").reference == "re_1"


def test_nothing_is_told_of_this_machine(books: Books) -> None:
    paid(ordered())
    (headers,) = books.headers
    assert headers["user-agent"] == "triage"
    assert not [name for name in headers if name.startswith("x-stripe")]


@pytest.mark.parametrize("mood", UNCLEAR_MOODS)
def test_whatever_is_no_clear_answer_is_in_doubt(books: Books, mood: str, settings: Any) -> None:
    meet(settings, books, mood)
    execution = paid(ordered())
    assert states(execution) == DOUBT
    assert (len(books.orders), books.followed) == (1, [])


@pytest.mark.parametrize("mood", ["pays late", "drops after", "talks garbage", "breaks after"])
def test_asking_finds_what_was_paid_by_the_key(books: Books, mood: str, settings: Any) -> None:
    for number in range(5):
        books.move(Order(f"another {number}", "0", PI, "4900", "gbp"))
    meet(settings, books, mood)
    books.per_page = 2
    execution = paid(ordered())
    for number in range(5, 8):
        books.move(Order(f"another {number}", "0", PI, "4900", "gbp"))
    assert states(asked(execution)) == DONE
    assert Payment.objects.get(kind="refund").reference == "re_6"
    assert (len(books.orders), len(books.questions)) == (1, 5)


def test_what_is_not_on_the_list_is_ordered_again_under_the_same_key(
    books: Books, settings: Any
) -> None:
    meet(settings, books, "drops before")
    execution = asked(paid(ordered()))
    assert states(execution) == QUEUED
    meet(settings, books, "pays")
    assert states(paid(execution)) == DONE
    assert {order.key for order in books.orders} == {execution.key}


@pytest.mark.parametrize("manner", ["hangs", "breaks before", "drops before", "turns away"])
def test_no_answer_to_a_question_leaves_the_doubt(books: Books, manner: str, settings: Any) -> None:
    meet(settings, books, "drops after")
    execution = paid(ordered())
    meet(settings, books, manner)
    books.manner = manner
    assert states(asked(execution)) == DOUBT


def test_a_refusal_ends_it_and_says_why(books: Books, settings: Any) -> None:
    meet(settings, books, "refuses")
    execution = paid(ordered())
    assert states(execution) == FAILED
    assert "Too much." in execution.note


@pytest.mark.parametrize("key", ["sk_wrong", ""])
def test_a_wrong_key_pays_nothing_and_is_tried_again(books: Books, settings: Any, key: str) -> None:
    execution = ordered()
    settings.STRIPE_API_KEY = key
    assert states(paid(execution)) == QUEUED
    assert not books.orders


def test_stripe_that_is_away_is_tried_again_later(settings: Any, books: Books) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert states(paid(ordered())) == QUEUED


def test_what_stripe_does_not_know_is_paid_by_hand(books: Books, settings: Any) -> None:
    refund = approved()
    assert Execution.objects.filter(refund=refund).exists()
    other = approved("10.00", number="HP-2", remedy="store credit")
    assert not Execution.objects.filter(refund=other).exists()


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("49.00", "GBP", 4900),
        ("4900", "JPY", 4900),
        ("0.50", "JPY", None),
        ("1.25", "KWD", 1250),
        ("1.234", "KWD", None),  # its last digit has to be 0
        ("10.50", "RSD", 1050),
        ("500", "MGA", 500),  # hundredths by ISO 4217, none at Stripe
        ("500.50", "MGA", None),
        ("5", "ISK", 500),  # none by ISO 4217, hundredths at Stripe, always 00
        ("5.50", "ISK", None),
        ("5000", "UGX", None),  # told in two ways
        ("1.250", "IQD", None),  # Stripe takes no payments in it
        ("10.50", "HUF", 1050),  # whole in payouts alone
    ],
)
def test_an_amount_in_stripes_own_unit(amount: str, currency: str, units: int | None) -> None:
    assert stripe.convert_to_minor_units(Decimal(amount), currency) == units


def test_every_currency_that_is_no_hundredth_by_iso_has_its_unit_at_stripe() -> None:
    known = (
        stripe.ZERO_DECIMAL_CURRENCIES
        | stripe.THREE_DECIMAL_CURRENCIES
        | stripe.WHOLE_IN_HUNDREDTHS
        | stripe.UNKNOWN_CURRENCIES
    )
    odd = {code for code, decimals in load_minor_units().items() if decimals != 2}
    assert odd <= known
    assert known - odd == {"MGA"}


@pytest.mark.parametrize(("charge", "can"), [("ch_1", True), ("pi_1", True), ("4711", False)])
def test_only_its_own_names_of_charges_are_for_stripe(charge: str, can: bool) -> None:
    assert stripe.can_pay(charge, Decimal("1.00"), "GBP") == can
