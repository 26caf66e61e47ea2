"""The row is the queue: one holder at a time, and nothing is lost with a worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests import rows
from tickets import queue
from tickets.models import Run

pytestmark = pytest.mark.django_db


def enqueue() -> Run:
    return queue.enqueue(rows.ticket(), reason="arrived")


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_a_run() -> None:
    run = enqueue()
    assert queue.claim(run.pk, "one") is not None
    assert queue.claim(run.pk, "two") is None


def test_what_a_dead_worker_left_is_taken_over() -> None:
    run = enqueue()
    dead = queue.claim(run.pk, "dead")
    expire(run)
    assert queue.overdue(5).get() == run
    taken = queue.claim(run.pk, "alive")
    assert taken is not None
    assert taken.attempt == 2
    with pytest.raises(queue.LeaseLost):
        queue.hold(dead)  # type: ignore[arg-type]


def test_a_finished_run_is_nobodys() -> None:
    run = queue.claim(enqueue().pk, "one")
    assert run is not None
    queue.finish(run, Run.State.DONE)
    assert queue.claim(run.pk, "two") is None


def test_asking_again_replaces_what_is_open() -> None:
    first = enqueue()
    held = queue.claim(first.pk, "one")
    second = queue.enqueue(first.ticket, reason="asked again")
    with pytest.raises(queue.LeaseLost):
        queue.hold(held)  # type: ignore[arg-type]
    assert queue.claim(second.pk, "one") is not None


def test_a_run_whose_call_was_lost_is_overdue() -> None:
    run = enqueue()
    assert not queue.overdue(5).exists()
    Run.objects.update(created_at=timezone.now() - timedelta(seconds=3))
    assert queue.overdue(5).get() == run


def test_a_ticket_has_one_open_run() -> None:
    run = enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(ticket=run.ticket)


def test_a_running_run_has_a_lease() -> None:
    run = enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state="running")
