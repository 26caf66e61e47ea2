"""What Celery runs: a few lines each, no logic."""

from __future__ import annotations

from celery import shared_task

SWEPT_AT_ONCE = 20


@shared_task(name="triage.tasks.process")
def process(run_id: int) -> None:
    """Take one run through its steps, if nobody else has it."""
    from triage import services

    services.work(run_id)


@shared_task(name="triage.tasks.deliver")
def deliver(message_id: int) -> None:
    """Send one mail, if nobody else did."""
    from tickets import sending

    sending.deliver(message_id)


@shared_task(name="triage.tasks.sweep")
def sweep() -> None:
    """Wake workers for what was missed, for what a dead one left and for mails not sent."""
    from approvals import services as approvals
    from tickets import queue, sending

    for run in queue.overdue(SWEPT_AT_ONCE):
        queue.wake(run.pk)
    sending.sweep_outbox()
    approvals.expire_overdue()
