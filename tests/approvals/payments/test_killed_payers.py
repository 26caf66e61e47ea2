"""A worker is killed at each point of a payment: it is paid once or in doubt, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import killed_payers
from tests.support.killed_payers import Workers
from tests.support.payment_rows import by_webhook, ordered, states
from tests.support.payment_server import Books, payment_server
from tests.support.worker_processes import environment
from tickets.audit import receipts
from tickets.models import Payment
from tickets.queue import run_queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    monkeypatch.setattr(run_queue, "dispatch_task", lambda *args, **kwargs: None)
    with payment_server() as open_books:
        by_webhook(settings, open_books)
        settings.PAYMENT_TIMEOUT = 20
        yield open_books


@pytest.fixture
def workers(books: Books, tmp_path: Path) -> Iterator[Workers]:
    with killed_payers.workers(environment(tmp_path, "filesystem://"), books) as made:
        yield made


def paid_once(books: Books, count: int) -> bool:
    moved = books.refunds()
    once = len(set(moved)) == len(moved) == count
    return once and Payment.objects.filter(kind="refund").count() == count


def test_every_point_of_the_order_ends_paid_once(books: Books, workers: Workers) -> None:
    for point in killed_payers.INSIDE:
        execution = ordered("1.00", number=point)
        workers.work(execution, point)
        assert killed_payers.finish(execution) == ("done", "executed"), point
    for point, mood in killed_payers.OUTSIDE.items():
        execution = ordered("1.00", number=point)
        workers.work_until_it_waits(execution, mood)
        assert states(execution) == ("calling", "executing")
        assert killed_payers.finish(execution) == ("done", "executed"), point
    count = len(killed_payers.INSIDE) + len(killed_payers.OUTSIDE)
    assert (workers.killed, workers.survived) == (count, 0)
    assert paid_once(books, count)
    assert list(receipts.verify_chain()) == []


def test_every_point_of_the_question_ends_paid_once(books: Books, workers: Workers) -> None:
    for point in killed_payers.QUESTIONS:
        books.mood = "drops after"
        execution = ordered("1.00", number=point)
        workers.work(execution)
        assert states(execution) == ("doubt", "doubt")
        killed_payers.make_due(execution)
        workers.work(execution, point)
        assert killed_payers.finish(execution) == ("done", "executed"), point
    assert workers.killed == len(killed_payers.QUESTIONS)
    assert len(books.orders) == len(killed_payers.QUESTIONS)
    assert paid_once(books, len(killed_payers.QUESTIONS))


def test_a_silent_payment_side_leaves_it_in_doubt(books: Books, workers: Workers) -> None:
    books.manner = "breaks before"
    execution = ordered()
    workers.work(execution, "answered")
    assert killed_payers.finish(execution) == ("doubt", "doubt")
    assert books.refunds() == [str(execution.refund_id)]
