"""Long work: asked for once, done once, taken over from a worker that died, and its end said."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from triage.models import Job
from triage.pipeline import jobs

pytestmark = pytest.mark.django_db


def double(job: Job) -> Mapping[str, Any]:
    return {"twice": 2 * job.wanted["number"]}


def refuse(job: Job) -> Mapping[str, Any]:
    raise jobs.CannotBeDone("Label twelve more tickets first.")


def stumble(job: Job) -> Mapping[str, Any]:
    raise ZeroDivisionError("by nought")


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"double": double, "refuse": refuse, "stumble": stumble}
    monkeypatch.setattr(jobs, "KINDS", {name: f"{__name__}.{name}" for name in here})


def test_ada_asks_and_the_result_is_kept(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=21)
    assert jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, job.requested_by) == ("done", {"twice": 42}, ada)


def test_what_is_already_waiting_is_not_asked_for_twice(ada: User) -> None:
    first = jobs.request_job("double", by=ada, number=1)
    assert jobs.request_job("double", by=ada, number=1) == first
    assert jobs.request_job("double", by=ada, number=2) != first


@pytest.mark.django_db(transaction=True)
def test_six_who_ask_at_once_are_given_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.queue.run_queue.dispatch_task", lambda *args, **values: None)

    def ask(_: int) -> int:
        try:
            return jobs.request_job("double", by=None, number=1).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


def test_a_job_is_done_once(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=1)
    assert [jobs.execute_job(job.pk), jobs.execute_job(job.pk)] == [True, False]


def test_why_it_cannot_be_done_reaches_ada(ada: User) -> None:
    job = jobs.request_job("refuse", by=ada)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Label twelve more tickets first.")


def test_a_fault_of_ours_is_kept_with_its_name(ada: User) -> None:
    job = jobs.request_job("stumble", by=ada)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "ZeroDivisionError: by nought")


def test_work_of_an_unknown_kind_ends_with_a_sentence_and_is_not_claimed_again(ada: User) -> None:
    job = jobs.request_job("gone", by=ada)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("failed", 1)
    assert job.error == "This version knows no work called “gone”. Ask an admin to look."


def test_work_whose_function_is_gone_ends_too(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "KINDS", {"moved": f"{__name__}.nowhere"})
    job = jobs.request_job("moved", by=ada)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "ImportError" in job.error


def test_what_a_dead_worker_left_is_found_and_done(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=3)
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(state=Job.State.RUNNING, lease_until=long_ago, attempt=1)
    assert jobs.list_overdue_ids() == [job.pk]
    assert jobs.execute_job(job.pk)


def test_nobody_takes_what_another_still_works_on(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=3)
    soon = timezone.now() + timedelta(minutes=1)
    Job.objects.update(state=Job.State.RUNNING, lease_until=soon, attempt=1)
    assert jobs.list_overdue_ids() == []
    assert not jobs.execute_job(job.pk)


def test_two_deaths_end_it(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=3)
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(state=Job.State.RUNNING, lease_until=long_ago, attempt=2)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "twice" in job.error


def test_the_end_of_an_attempt_that_lost_its_lease_is_not_written(ada: User) -> None:
    job = jobs.request_job("double", by=ada, number=3)
    Job.objects.update(state=Job.State.RUNNING, lease_until=timezone.now(), attempt=2)
    stale = Job.objects.get()
    stale.attempt = 1
    jobs._end_job(stale, Job.State.DONE, result={"twice": 6})
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
