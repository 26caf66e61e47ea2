"""A worker is killed with SIGKILL at each point of a payment: it is paid once or in doubt, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import killing
from tests.killing import Workers
from tests.paying import by_webhook, ordered, states
from tests.payment_server import Books, payment_server
from tests.workers import environment
from tickets.audit import receipts
from tickets.models import Payment
from tickets.queue import run_queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    monkeypatch.setattr(run_queue, "call", lambda *args, **kwargs: None)
    with payment_server() as open_books:
        by_webhook(settings, open_books)
        settings.PAYMENT_TIMEOUT = 20
        yield open_books


@pytest.fixture
def workers(books: Books, tmp_path: Path) -> Iterator[Workers]:
    with killing.workers(environment(tmp_path, "filesystem://"), books) as made:
        yield made


def paid_once(books: Books, count: int) -> bool:
    moved = books.refunds()
    once = len(set(moved)) == len(moved) == count
    return once and Payment.objects.filter(kind="refund").count() == count


def test_every_point_of_the_order_ends_paid_once(books: Books, workers: Workers) -> None:
    for point in killing.INSIDE:
        execution = ordered("1.00", number=point)
        workers.work(execution, point)
        assert killing.finish(execution) == ("done", "executed"), point
    for point, mood in killing.OUTSIDE.items():
        execution = ordered("1.00", number=point)
        workers.work_until_it_waits(execution, mood)
        assert states(execution) == ("calling", "executing")
        assert killing.finish(execution) == ("done", "executed"), point
    count = len(killing.INSIDE) + len(killing.OUTSIDE)
    assert (workers.killed, workers.survived) == (count, 0)
    assert paid_once(books, count)
    assert list(receipts.verify()) == []


def test_every_point_of_the_question_ends_paid_once(books: Books, workers: Workers) -> None:
    for point in killing.QUESTIONS:
        books.mood = "drops after"
        execution = ordered("1.00", number=point)
        workers.work(execution)
        assert states(execution) == ("doubt", "doubt")
        killing.make_due(execution)
        workers.work(execution, point)
        assert killing.finish(execution) == ("done", "executed"), point
    assert workers.killed == len(killing.QUESTIONS)
    assert len(books.orders) == len(killing.QUESTIONS)
    assert paid_once(books, len(killing.QUESTIONS))


def test_a_silent_payment_side_leaves_it_in_doubt(books: Books, workers: Workers) -> None:
    books.manner = "breaks before"
    execution = ordered()
    workers.work(execution, "answered")
    assert killing.finish(execution) == ("doubt", "doubt")
    assert books.refunds() == [str(execution.refund_id)]
