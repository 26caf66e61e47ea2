"""Long work by the row: asked for by a person or the clock, claimed with a lease, its result kept.

Training, tuning, proposals and what-if run so. A kind is one line in ``KINDS``: a function that
takes the job and returns its result as JSON, and raises ``CannotBeDone`` with a sentence for
the person who asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from tickets.queue import leases, run_queue
from triage.models import Job
from triage.runtime.locks import JOBS_LOCK, acquire_lock

KINDS: Mapping[str, str] = {
    "train": "triage.learning.versions.train_job",
    "tune": "triage.learning.retrieval_tuning.tune_job",
    "propose": "triage.learning.intent_discovery.propose_job",
    "what if": "triage.policy_review.simulation.what_if_job",
    "replies": "triage.learning.reply_discovery.propose_replies_job",
    "readiness": "triage.learning.readiness_promise.readiness_job",
    "past": "triage.learning.first_day.learning_job.learn_past_job",
    "switch on": "triage.learning.first_day.switching_on.switch_on_job",
}
NIGHTLY_KINDS = ("train", "propose", "replies", "readiness")
OPEN_STATES = (Job.State.QUEUED, Job.State.RUNNING)
JOB_LEASE = leases.Lease(
    Job,
    waiting=Job.State.QUEUED,
    held=Job.State.RUNNING,
    get_duration=lambda: timedelta(minutes=30),
)
MAX_ATTEMPTS = 2
log = logging.getLogger(__name__)


class CannotBeDone(Exception):
    """The job ends without a result; the message says what to do."""


def request_job(kind: str, *, by: User | None, **wanted: Any) -> Job:
    """Ask for work; the same that is already waiting or under way is not asked for twice."""
    with transaction.atomic():
        acquire_lock(JOBS_LOCK)
        job = Job.objects.filter(kind=kind, wanted=wanted, state__in=OPEN_STATES).first()
        if job is None:
            job = Job.objects.create(kind=kind, wanted=wanted, requested_by=by)
        transaction.on_commit(lambda: wake_worker(job.pk))
    return job


def wake_worker(job_id: int) -> None:
    """Tell a worker; a call that is lost, or not answered in ten seconds, is made again."""
    run_queue.dispatch_task("triage.tasks.work_job", job_id, expires=10)


def list_overdue_ids() -> list[int]:
    """Ids of the jobs that nobody took within five seconds or whose worker died."""
    now = timezone.now()
    missed = Q(state=Job.State.QUEUED, created_at__lt=now - timedelta(seconds=5))
    dead = leases.build_abandoned_filter(JOB_LEASE, now)
    return list(Job.objects.filter(missed | dead).values_list("pk", flat=True))


def execute_job(job_id: int) -> bool:
    """Do one job; False where it is somebody else's, finished or failed."""
    job = _claim_job(job_id)
    if job is None:
        return False
    try:
        if job.attempt > MAX_ATTEMPTS:
            raise CannotBeDone("Given up: the worker died over it twice. Ask an admin to look.")
        result = _import_worker(job.kind)(job)
    except CannotBeDone as why:
        return _end_job(job, Job.State.FAILED, error=str(why)[:500])
    except leases.PASSING_FAULTS:
        raise  # the lease runs out, and another worker takes it
    except Exception as error:
        log.exception("job %s failed", job.pk)
        return _end_job(job, Job.State.FAILED, error=f"{type(error).__name__}: {error}"[:500])
    return _end_job(job, Job.State.DONE, result=dict(result))


def report_progress(job: Job, doing: str, percent: int) -> None:
    """Say what a job is at, and prolong its lease. Raises LeaseLost."""
    leases.renew_lease(JOB_LEASE, job, doing=doing, percent=percent)


def _import_worker(kind: str) -> Callable[[Job], Mapping[str, Any]]:
    """The function that does this kind of work. Raises CannotBeDone for an unknown kind."""
    if kind not in KINDS:
        raise CannotBeDone(f"This version knows no work called “{kind}”. Ask an admin to look.")
    found: Callable[[Job], Mapping[str, Any]] = import_string(KINDS[kind])
    return found


def _claim_job(job_id: int) -> Job | None:
    """The job, when this worker got it."""
    return Job.objects.get(pk=job_id) if leases.claim_row(JOB_LEASE, job_id) else None


def _end_job(job: Job, state: Job.State, **values: Any) -> bool:
    """Write a job's end where this attempt still holds the lease; whether DONE was written."""
    try:
        leases.end_lease(JOB_LEASE, job, state, finished_at=timezone.now(), **values)
    except leases.LeaseLost:
        return False
    return state == Job.State.DONE
