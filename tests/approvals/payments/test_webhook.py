"""The shop's own payment service: each way it can fail, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from approvals import payments
from approvals.payments import http
from approvals.payments.gateways import webhook
from tests.support.payment_rows import again, asked, by_webhook, meet, ordered, paid, states
from tests.support.payment_server import SECRET, UNCLEAR_MOODS, Books, payment_server
from tickets.models import Payment, Receipt

pytestmark = pytest.mark.django_db

DONE, DOUBT = ("done", "executed"), ("doubt", "doubt")
FAILED, QUEUED = ("failed", "failed"), ("queued", "executing")


@pytest.fixture
def books(settings: Any) -> Iterator[Books]:
    with payment_server() as open_books:
        by_webhook(settings, open_books)
        yield open_books


def test_it_is_paid_once_under_the_stored_key(books: Books) -> None:
    execution = ordered()
    assert states(execution) == ("queued", "approved")
    assert states(paid(execution)) == DONE
    (order,) = books.orders
    assert (order.key, order.amount, order.currency) == (execution.key, "49.00", "GBP")
    assert (order.refund, order.charge) == (str(execution.refund_id), "pi_walnut")
    payment = Payment.objects.get(kind="refund")
    assert (payment.reference, str(payment.amount)) == ("re_1", "49.00")
    assert Receipt.objects.get(step="pay").output["key"] == execution.key
    assert states(paid(execution)) == DONE
    assert len(books.orders) == 1


def test_the_order_is_signed(books: Books, settings: Any) -> None:
    settings.PAYMENT_SECRET = "whsec_" + "YW5vdGhlciBzZWNyZXQgb2YgMzIgYnl0ZXMgb3Igc28="
    assert states(paid(ordered())) == QUEUED
    assert not books.orders
    assert SECRET not in str(books.headers)


@pytest.mark.parametrize("mood", UNCLEAR_MOODS)
def test_whatever_is_no_clear_answer_is_in_doubt(books: Books, mood: str, settings: Any) -> None:
    meet(settings, books, mood)
    execution = paid(ordered())
    assert states(execution) == DOUBT
    assert not Payment.objects.filter(kind="refund").exists()
    assert Receipt.objects.get(step="pay").status == "doubt"
    meet(settings, books, "pays")
    assert states(paid(execution)) == DOUBT
    assert (len(books.orders), books.followed) == (1, [])


@pytest.mark.parametrize("mood", ["pays late", "drops after", "drops halfway", "breaks after"])
def test_asking_finds_what_was_paid(books: Books, mood: str, settings: Any) -> None:
    meet(settings, books, mood)
    execution = asked(paid(ordered()))
    assert states(execution) == DONE
    assert (len(books.orders), len(books.questions), execution.questions) == (1, 1, 1)
    assert books.questions == [f"/pay/{execution.key}"]


@pytest.mark.parametrize("mood", ["hangs", "drops before", "breaks before"])
def test_what_never_arrived_is_ordered_again_under_the_same_key(
    books: Books, mood: str, settings: Any
) -> None:
    meet(settings, books, mood)
    execution = asked(paid(ordered()))
    assert states(execution) == QUEUED
    meet(settings, books, "pays")
    assert states(paid(execution)) == DONE
    assert {order.key for order in books.orders} == {execution.key}
    assert books.refunds() == [str(execution.refund_id)]


def test_what_is_unheard_of_may_still_be_on_its_way(books: Books, settings: Any) -> None:
    meet(settings, books, "drops before")
    execution = asked(paid(ordered()), later=5)
    assert states(execution) == DOUBT
    assert "not heard of it yet" in execution.note


@pytest.mark.parametrize("manner", ["hangs", "breaks before", "sends away", "drops before"])
def test_no_answer_to_a_question_leaves_the_doubt(books: Books, manner: str, settings: Any) -> None:
    meet(settings, books, "drops after")
    execution = paid(ordered())
    meet(settings, books, manner)
    books.manner = manner
    assert states(asked(execution)) == DOUBT
    assert (len(books.orders), books.followed) == (1, [])


def test_a_refusal_ends_it_and_says_why(books: Books, settings: Any) -> None:
    meet(settings, books, "refuses")
    execution = paid(ordered())
    assert states(execution) == FAILED
    assert execution.note == "Too much."
    assert payments.get_payment_status(execution.refund).said == "It was not paid. Too much."


def test_an_answer_that_comes_twice_counts_once(books: Books, settings: Any) -> None:
    meet(settings, books, "answers twice")
    assert states(paid(ordered())) == DONE
    assert Payment.objects.filter(kind="refund").count() == 1


def test_a_service_that_is_away_is_tried_again_later(books: Books, settings: Any) -> None:
    address, settings.PAYMENT_URL = settings.PAYMENT_URL, "http://127.0.0.1:9/pay"
    execution = paid(ordered())
    assert states(execution) == QUEUED
    assert execution.called_at
    assert execution.next_at > execution.called_at
    assert states(paid(execution)) == QUEUED
    assert again(execution).calls == 1
    settings.PAYMENT_URL = address
    type(execution).objects.update(next_at=execution.called_at)
    assert states(paid(execution)) == DONE
    assert [order.key for order in books.orders] == [execution.key]


@pytest.mark.parametrize("url", ["http://nowhere.invalid/pay", "https://localhost:9/pay"])
def test_what_cannot_be_reached_was_not_asked(settings: Any, books: Books, url: str) -> None:
    settings.PAYMENT_URL = url
    assert states(paid(ordered())) == QUEUED


def test_turned_away_is_not_asked(books: Books, settings: Any) -> None:
    meet(settings, books, "turns away")
    assert states(paid(ordered())) == QUEUED


def test_an_answer_has_to_end() -> None:
    answer: Any = SimpleNamespace(iter_raw=lambda: iter([b"{"]))
    with pytest.raises(http.NoAnswer, match="too long"):
        http._read_bounded(answer, deadline=0.0)


@pytest.mark.parametrize("reference", ["", " re_1", "r" * 121, "re\n1", 7, ["re_1"]])
def test_a_reference_that_cannot_be_kept_is_none(books: Books, reference: object) -> None:
    answer = webhook._parse_paid(reference)
    assert "without a reference" in getattr(answer, "why", "")
