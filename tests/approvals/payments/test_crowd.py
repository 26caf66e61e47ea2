"""Everybody at once on one order: never more than was paid, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import Execution, Refund
from tests.conftest import join
from tests.support import crowd
from tests.support.payment_rows import by_webhook
from tests.support.payment_server import Books, payment_server
from tickets.audit import receipts
from tickets.queue import run_queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    monkeypatch.setattr(run_queue, "dispatch_task", lambda *args, **kwargs: None)
    with payment_server() as open_books:
        by_webhook(settings, open_books)
        settings.PAYMENT_TIMEOUT = 20
        yield open_books


def test_a_crowd_never_gets_more_than_was_paid(books: Books) -> None:
    order, asked = crowd.requests_on_one_order(24, "40.00")
    seen = crowd.rush(order, asked, [join("sol"), join("sam")], threads=8)
    back = crowd.given_back(order)
    assert seen.most <= Decimal(40)
    assert 0 < back <= Decimal(40)
    assert crowd.moved(books) == back
    assert len(set(books.refunds())) == len(books.refunds()) == len(books.orders)
    assert Refund.objects.filter(state="executed").count() == len(books.refunds())
    assert not Execution.objects.exclude(state__in=["done", "failed"]).exists()
    assert list(receipts.verify_chain()) == []
