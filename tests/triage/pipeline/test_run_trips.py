"""What a run asks of the database, counted: it depends on no machine and on no history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support import shop_rows
from tests.support.triaged_shop import shop
from tickets.audit import receipts
from tickets.models import Message, Run, Ticket
from tickets.queue import leases, run_queue
from triage.contract.step import EngineInfo
from triage.models import Limit, Phrase
from triage.pipeline import configuration, registry, run_records, worker

__all__ = ["shop"]  # fixtures

MAX_QUERIES = 24
MAX_QUERIES_OF_PROPOSAL = 62
STEPS = ["classify", "retrieve", "summarize", "decide", "answer", "draft"]


def ask(text: str) -> Run:
    return run_queue.enqueue_run(shop_rows.ticket(text), reason="arrived", call=False)


def count_queries(run: Run) -> int:
    """The statements of a run, savepoints aside: outside a test they are its transactions."""
    with CaptureQueriesContext(connection) as asked:
        assert worker.execute_run(run.pk)
    return sum("SAVEPOINT" not in query["sql"] for query in asked.captured_queries)


@pytest.fixture
def warm(shop: None) -> None:
    shop_rows.order()
    assert worker.execute_run(ask("Where is my order?").pk)


@pytest.mark.django_db
def test_a_run_takes_few_queries(warm: None) -> None:
    assert count_queries(ask("Where is my order?")) <= MAX_QUERIES


@pytest.mark.django_db
def test_a_run_that_proposes_a_refund_takes_more_and_not_many(warm: None) -> None:
    run = ask("I would like to send it back, the kettle is too small.")
    assert count_queries(run) <= MAX_QUERIES_OF_PROPOSAL
    assert run.refunds.count() == 1


@pytest.mark.django_db
def test_a_long_history_and_a_long_thread_take_no_more(warm: None) -> None:
    few = count_queries(ask("Where is my order?"))
    for number in range(30):
        shop_rows.order(f"HP-3{number:03}", placed_at=shop_rows.days_ago(number))
    run = ask("Where is my order?")
    for number in range(30):
        Message.objects.create(ticket=run.ticket, direction="in", text=f"Hello? {number}")
    assert count_queries(run) == few


@pytest.mark.django_db
def test_what_ada_changed_is_in_force_at_the_next_ticket(warm: None) -> None:
    before = configuration.load_configuration()
    assert configuration.load_configuration() is before
    Limit.objects.create(step="classify", name="words", value=1_000)
    Phrase.objects.create(rule="has to", text="Kind regards")
    now = configuration.load_configuration()
    assert registry.load_limits(now)["classify"]["words"] == 1_000
    assert [phrase.text for phrase in now.phrases] == ["Kind regards"]


@pytest.mark.django_db
def test_what_changes_while_it_is_read_is_read_again(warm: None, monkeypatch: Any) -> None:
    build = configuration._build_configuration
    built: list[configuration.Configuration] = []

    def build_slowly() -> configuration.Configuration:
        made = build()
        if not built:
            Limit.objects.filter(name="words").update(value=7)
        built.append(made)
        return made

    Limit.objects.create(step="classify", name="words", value=5)
    monkeypatch.setattr(configuration, "_build_configuration", build_slowly)
    assert configuration.load_configuration().limits["classify", "words"] == 7
    assert len(built) == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_connection_from_run_to_run(warm: None) -> None:
    made: list[Any] = []
    connection_created.connect(lambda **values: made.append(values), weak=False, dispatch_uid="t")
    assert worker.execute_run(ask("Where is my order?").pk)
    connection_created.disconnect(dispatch_uid="t")
    assert made == []


class Writer:
    """A general model, which takes seconds."""

    card = EngineInfo(name="general-1b", kind="general")


@contextmanager
def general_model(monkeypatch: Any, seen: list[Any]) -> Iterator[None]:
    """A draft by such a model; ``seen`` is what was there when it was asked."""
    load = registry.load_engine

    def load_engine(name: str, *known: Any) -> Any:
        return Writer() if name == "focal" else load(name, *known)

    def write(*args: Any) -> Any:
        seen.append(connection.connection is None)
        seen.append(list(Ticket.objects.get().receipts.values_list("step", flat=True)))
        raise AssertionError("the machine breaks")

    monkeypatch.setattr(registry, "load_engine", load_engine)
    monkeypatch.setattr(Writer, "write", write, raising=False)
    yield


@pytest.mark.django_db(transaction=True)
def test_before_a_slow_model_is_asked_all_is_written_and_no_connection_held(
    shop: None, monkeypatch: Any
) -> None:
    shop_rows.order()
    run = ask("Where is my order?")
    seen: list[Any] = []
    with general_model(monkeypatch, seen):
        assert not worker.execute_run(run.pk)
    assert seen[:2] == [True, ["classify", "retrieve"]]
    assert run.ticket.receipts.count() == 2


@pytest.mark.django_db
def test_receipts_of_slow_steps_are_written_as_they_come(shop: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(run_records, "MAX_UNWRITTEN_SECONDS", -1)
    written: list[int] = []
    append = receipts.append_receipts

    def append_receipts(rows: Any) -> Any:
        written.append(len(rows))
        return append(rows)

    monkeypatch.setattr(receipts, "append_receipts", append_receipts)
    assert worker.execute_run(ask("Where is my order?").pk)
    assert written == [1] * len(STEPS)


@pytest.mark.django_db
def test_what_a_failed_run_had_done_is_on_record(shop: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "_save_draft", lambda run, reply: 1 / 0)
    run = ask("Where is my order?")
    assert not worker.execute_run(run.pk)
    assert list(run.ticket.receipts.values_list("step", flat=True)) == STEPS
    run.ticket.refresh_from_db()
    assert run.ticket.label == "order-status"
    assert list(receipts.verify_chain()) == []


@pytest.mark.django_db
def test_a_lease_is_prolonged_by_time_and_not_by_piece(shop: None) -> None:
    held = run_queue.claim_run(ask("Where is my order?").pk, "worker")
    assert held is not None
    with CaptureQueriesContext(connection) as asked:
        run_queue.keep_lease(held)
    assert not asked.captured_queries
    held.lease_until = timezone.now() + timedelta(seconds=1)
    run_queue.keep_lease(held)
    held.refresh_from_db()
    assert held.lease_until is not None
    assert held.lease_until > timezone.now() + timedelta(seconds=10)
    run_queue.cancel_run(held.ticket)
    held.lease_until = timezone.now()
    with pytest.raises(leases.LeaseLost):
        run_queue.keep_lease(held)
