"""The row is the queue: one holder at a time, and nothing is lost with a worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.support import shop_rows
from tickets.models import Run
from tickets.queue import leases, run_queue
from triage import tasks
from triage.pipeline import worker

pytestmark = pytest.mark.django_db


def enqueue() -> Run:
    return run_queue.enqueue_run(shop_rows.ticket(), reason="arrived")


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_a_run() -> None:
    run = enqueue()
    assert run_queue.claim_run(run.pk, "one") is not None
    assert run_queue.claim_run(run.pk, "two") is None


def test_what_a_dead_worker_left_is_taken_over() -> None:
    run = enqueue()
    dead = run_queue.claim_run(run.pk, "dead")
    expire(run)
    assert run_queue.list_overdue_runs(5).get() == run
    taken = run_queue.claim_run(run.pk, "alive")
    assert taken is not None
    assert taken.attempt == 2
    with pytest.raises(leases.LeaseLost):
        run_queue.renew_lease(dead)  # type: ignore[arg-type]


def test_a_finished_run_is_nobodys() -> None:
    run = run_queue.claim_run(enqueue().pk, "one")
    assert run is not None
    run_queue.finish_run(run, Run.State.DONE)
    assert run_queue.claim_run(run.pk, "two") is None


def test_asking_again_replaces_what_is_open() -> None:
    first = enqueue()
    held = run_queue.claim_run(first.pk, "one")
    second = run_queue.enqueue_run(first.ticket, reason="asked again")
    with pytest.raises(leases.LeaseLost):
        run_queue.renew_lease(held)  # type: ignore[arg-type]
    assert run_queue.claim_run(second.pk, "one") is not None


def test_a_run_whose_call_was_lost_is_overdue() -> None:
    run = enqueue()
    assert not run_queue.list_overdue_runs(5).exists()
    Run.objects.update(created_at=timezone.now() - timedelta(seconds=3))
    assert run_queue.list_overdue_runs(5).get() == run


def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that workers are called to from now on, in order."""
    calls: list[int] = []
    monkeypatch.setattr(run_queue, "dispatch_task", lambda task, pk, **options: calls.append(pk))
    return calls


def test_a_dead_worker_s_run_is_called_out_every_five_seconds_only() -> None:
    run = run_queue.claim_run(enqueue().pk, "dead")
    assert run is not None
    expire(run)
    run_queue.wake_worker(run.pk)
    assert not run_queue.list_overdue_runs(5).exists()
    Run.objects.update(woken_at=timezone.now() - timedelta(seconds=6))
    assert run_queue.list_overdue_runs(5).get() == run


def test_a_backlog_is_called_out_a_few_at_a_time_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = called(monkeypatch)
    monkeypatch.setattr(tasks, "MAX_SWEPT_RUNS", 2)
    runs = [enqueue() for _ in range(4)]
    past = timezone.now() - timedelta(minutes=1)
    for number, run in enumerate(runs):
        since = past + timedelta(seconds=number)
        Run.objects.filter(pk=run.pk).update(created_at=since, woken_at=since)
    tasks.sweep()
    tasks.sweep()
    assert calls == [runs[0].pk, runs[1].pk]
    run_queue.claim_run(runs[0].pk, "one")
    tasks.sweep()
    assert calls[2:] == [runs[2].pk]


def test_newcomers_do_not_keep_a_lost_call_from_being_repeated() -> None:
    lost = enqueue()
    long_ago = timezone.now() - timedelta(minutes=1)
    Run.objects.update(created_at=long_ago, woken_at=long_ago)
    for _ in range(3):
        run_queue.wake_worker(enqueue().pk)
    assert run_queue.list_overdue_runs(2).get() == lost


# --- without a broker -----------------------------------------------------------


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_with_the_broker_down_a_run_is_kept_and_one_line_says_so(
    broker: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", broker)
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        run = enqueue()
    assert time.monotonic() - began < 2
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    warned = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.name for each in warned] == ["tickets.queue.run_queue"]


def test_a_defect_of_ours_is_not_taken_for_a_broker_that_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_queue.wake_worker(enqueue().pk)


# --- the command that needs no broker -------------------------------------------


def test_ana_s_command_calls_no_worker_to_the_runs_it_takes_itself(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    calls = called(monkeypatch)
    monkeypatch.setattr(worker, "execute_run", lambda run_id: True)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("triage", shop_rows.ticket().pk)
    assert calls == []
    assert "1 of 1 tickets read." in capsys.readouterr().out


def test_a_run_that_a_worker_took_first_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = worker.execute_run

    def late(run_id: int) -> bool:
        run_queue.claim_run(run_id, "worker")
        return work(run_id)

    monkeypatch.setattr(worker, "execute_run", late)
    call_command("triage", shop_rows.ticket().pk)
    assert "0 of 1 tickets read. 1 taken by a worker" in capsys.readouterr().out


def test_a_run_that_failed_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "build_case", lambda *known: 1 / 0)
    with pytest.raises(CommandError, match="1 could not be read"):
        call_command("triage", shop_rows.ticket().pk)


def test_a_ticket_has_one_open_run() -> None:
    run = enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(ticket=run.ticket)


def test_a_running_run_has_a_lease() -> None:
    run = enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state="running")


def test_what_ana_asked_for_goes_before_a_backlog_whatever_was_called(ana: User) -> None:
    backlog = [enqueue() for _ in range(3)]
    asked = run_queue.enqueue_run(shop_rows.ticket(), reason="asked again", by=ana)
    assert run_queue.find_next_run(backlog[0].pk) == asked.pk
    claimed = run_queue.claim_run(asked.pk, "one")
    assert claimed is not None
    run_queue.finish_run(claimed, Run.State.DONE)
    assert run_queue.find_next_run(backlog[1].pk) == backlog[1].pk


def test_a_call_whose_run_is_taken_is_for_the_oldest_that_waits(ana: User) -> None:
    first, second = enqueue(), enqueue()
    asked = run_queue.enqueue_run(shop_rows.ticket(), reason="asked again", by=ana)
    calls = [first.pk, second.pk, asked.pk]
    taken = []
    for called in calls:
        taken.append(run_queue.find_next_run(called))
        assert run_queue.claim_run(taken[-1], "one") is not None
    assert taken == [asked.pk, second.pk, first.pk]
    assert run_queue.find_next_run(asked.pk) == asked.pk  # nothing waits: the call finds it taken
    assert run_queue.claim_run(asked.pk, "two") is None


def test_what_a_dead_worker_left_is_taken_by_its_own_call() -> None:
    dead = enqueue()
    assert run_queue.claim_run(dead.pk, "dead") is not None
    expire(dead)
    enqueue()
    assert run_queue.find_next_run(dead.pk) == dead.pk


def execute_by(taken: list[int], quicker: int | None = None) -> Callable[[int], bool]:
    """An execution that only claims; ``quicker`` is a run that another worker claims first."""

    def execute(pk: int) -> bool:
        assert run_queue.claim_run(pk, "quicker" if pk == quicker else "one") is not None
        if pk != quicker:
            taken.append(pk)
        return pk != quicker

    return execute


def test_where_another_worker_was_quicker_the_call_goes_on_with_what_waits(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = enqueue()
    asked = run_queue.enqueue_run(shop_rows.ticket(), reason="asked again", by=ana)
    taken: list[int] = []
    monkeypatch.setattr(worker, "execute_run", execute_by(taken, quicker=asked.pk))
    tasks.process(called.pk)
    assert taken == [called.pk]


def test_one_call_takes_the_backlog_and_what_ana_asks_meanwhile_goes_first(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    backlog = [enqueue().pk for _ in range(3)]
    taken: list[int] = []
    claim = execute_by(taken)

    def execute(pk: int) -> bool:
        if not taken:
            asked.append(run_queue.enqueue_run(shop_rows.ticket(), reason="again", by=ana).pk)
        return claim(pk)

    asked: list[int] = []
    monkeypatch.setattr(worker, "execute_run", execute)
    tasks.process(backlog[1])
    assert taken == [backlog[1], *asked, backlog[0], backlog[2]]


def test_after_some_seconds_a_worker_calls_for_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = called(monkeypatch)
    backlog = [enqueue().pk for _ in range(3)]
    taken: list[int] = []
    monkeypatch.setattr(worker, "execute_run", execute_by(taken))
    monkeypatch.setattr(worker, "MAX_CALL_SECONDS", 0)
    tasks.process(backlog[0])
    assert (taken, calls) == ([], [backlog[0]])


def test_of_a_large_batch_a_few_runs_are_called_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(run_queue, "dispatch_tasks", lambda task, pks: calls.extend(pks))
    runs = [enqueue().pk for _ in range(run_queue.MAX_CALLS + 5)]
    run_queue.wake_workers(runs)
    assert calls == runs[: run_queue.MAX_CALLS]
