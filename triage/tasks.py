"""What Celery runs: a few lines each, no logic."""

from __future__ import annotations

from celery import shared_task

SWEPT_AT_ONCE = 20


@shared_task(name="triage.tasks.process")
def process(run_id: int) -> None:
    """Take one run through its steps, if nobody else has it."""
    from triage import services

    services.work(run_id)


@shared_task(name="triage.tasks.sweep")
def sweep() -> None:
    """Wake what was missed, take back what a dead worker left, send what was not sent."""
    from approvals import services as approvals
    from tickets import queue, sending

    for run in queue.overdue(SWEPT_AT_ONCE):
        queue.wake(run.pk)
    sending.sweep_outbox()
    approvals.expire_overdue()
