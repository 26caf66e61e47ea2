"""Leases: of two who claim at once one gets the row, and only its claim may write and end it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from tests.support import shop_rows
from tickets.models import Run
from tickets.queue import leases
from tickets.queue.run_queue import RUN_LEASE

pytestmark = pytest.mark.django_db
ONCE = replace(RUN_LEASE, is_retaken=False)
PAST = timedelta(minutes=-1)


@pytest.fixture
def run() -> Run:
    return Run.objects.create(ticket=shop_rows.ticket(), reason="arrived")


def claim(run: Run, lease: leases.Lease = RUN_LEASE, **values: Any) -> bool:
    return leases.claim_row(lease, run.pk, **{"holder": "worker", **values})


def claimed(run: Run) -> Run:
    assert claim(run)
    return Run.objects.get(pk=run.pk)


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() + PAST)


def on_own_connection(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


def wait_for_a_blocked_connection() -> None:
    """Until PostgreSQL itself says that somebody waits for a lock of another transaction."""
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                return
        Event().wait(0.01)
    raise AssertionError("nobody waited for the row")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_commits", [True, False])
def test_the_second_of_two_waits_and_gets_the_row_only_where_the_first_gave_up(
    run: Run, first_commits: bool
) -> None:
    has_claimed, may_end = Event(), Event()

    def claim_and_wait() -> bool:
        with transaction.atomic():
            won = claim(run, holder="first")
            has_claimed.set()
            may_end.wait(10)
            transaction.set_rollback(not first_commits)
        return won

    with ThreadPoolExecutor(2) as pool:
        first: Future[bool] = pool.submit(on_own_connection, claim_and_wait)
        assert has_claimed.wait(10)
        second = pool.submit(on_own_connection, lambda: claim(run, holder="second"))
        wait_for_a_blocked_connection()
        may_end.set()
        assert (first.result(10), second.result(10)) == (True, not first_commits)
    run.refresh_from_db()
    assert (run.attempt, run.holder) == (1, "first" if first_commits else "second")


@pytest.mark.django_db(transaction=True)
def test_of_six_at_once_one_gets_what_a_dead_worker_left(run: Run) -> None:
    claimed(run)
    expire(run)
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda _: on_own_connection(lambda: claim(run)), range(6)))
    assert sorted(got) == [False] * 5 + [True]
    run.refresh_from_db()
    assert run.attempt == 2


@pytest.mark.parametrize(("lease", "retaken"), [(RUN_LEASE, True), (ONCE, False)])
def test_what_was_left_is_claimed_again_only_where_that_does_no_harm(
    run: Run, lease: leases.Lease, retaken: bool
) -> None:
    assert claim(run, lease)
    assert not claim(run, lease)
    expire(run)
    assert Run.objects.filter(leases.build_abandoned_filter(lease, timezone.now())).get() == run
    assert claim(run, lease) is retaken


def test_what_is_not_due_is_not_claimed(run: Run) -> None:
    now = timezone.now()
    assert not claim(run, due=Q(created_at__gt=now))
    assert claim(run, due=Q(created_at__lte=now))


def test_the_lease_lasts_as_long_as_its_kind_says(run: Run) -> None:
    long = replace(RUN_LEASE, get_duration=lambda: timedelta(hours=3))
    assert claim(run, long)
    run.refresh_from_db()
    assert run.lease_until is not None
    assert timedelta(0) <= timezone.now() + timedelta(hours=3) - run.lease_until < timedelta(0, 60)


def test_renewing_prolongs_and_writes(run: Run) -> None:
    held = claimed(run)
    expire(run)
    leases.renew_lease(RUN_LEASE, held, case_sha256="a" * 64)
    held.refresh_from_db()
    assert held.lease_until is not None
    assert held.lease_until > timezone.now()
    assert held.case_sha256 == "a" * 64


def test_an_older_claim_neither_renews_nor_ends_a_newer_one(run: Run) -> None:
    dead = claimed(run)
    expire(run)
    newer = claimed(run)
    with pytest.raises(leases.LeaseLost, match=f"run {run.pk} is no longer held by worker"):
        leases.renew_lease(RUN_LEASE, dead, error="old")
    with pytest.raises(leases.LeaseLost):
        leases.end_lease(RUN_LEASE, dead, Run.State.FAILED)
    run.refresh_from_db()
    assert (run.state, run.error, run.lease_until) == ("running", "", newer.lease_until)


def test_an_ended_lease_is_given_up_for_good(run: Run) -> None:
    held = claimed(run)
    leases.end_lease(RUN_LEASE, held, Run.State.DONE, finished_at=timezone.now())
    run.refresh_from_db()
    assert (run.state, run.lease_until) == ("done", None)
    assert not claim(run)
    with pytest.raises(leases.LeaseLost):
        leases.renew_lease(RUN_LEASE, held)


def test_the_oldest_are_called_out_once_and_no_more_than_asked_for() -> None:
    now = timezone.now()
    runs = [
        Run.objects.create(
            ticket=shop_rows.ticket(), reason="arrived", created_at=now - timedelta(minutes=age)
        )
        for age in (3, 1, 2, -1)
    ]

    def call(limit: int) -> list[int]:
        waiting = Run.objects.filter(state=Run.State.QUEUED)
        return leases.call_out_overdue(
            waiting, "created_at", before=now, until=now + timedelta(minutes=5), limit=limit
        )

    assert call(2) == [runs[0].pk, runs[2].pk]
    assert call(9) == [runs[1].pk]
    assert call(9) == []
