"""What Celery runs: a few lines each, no logic."""

from __future__ import annotations

from celery import shared_task

MAX_SWEPT_RUNS = 20


@shared_task(name="triage.tasks.process")
def process(run_id: int) -> None:
    """Take a run through its steps: this one, unless a person waits for another."""
    from triage.pipeline import worker

    worker.answer_call(run_id)


@shared_task(name="triage.tasks.deliver")
def deliver(message_id: int) -> None:
    """Send one mail, if nobody else did."""
    from tickets.delivery import sending

    sending.deliver_message(message_id)


@shared_task(name="triage.tasks.notify")
def notify(notice_id: int) -> None:
    """Tell a colleague about a refund by mail, if nobody else did."""
    from approvals import notifications

    notifications.send_notice(notice_id)


@shared_task(name="triage.tasks.pay")
def pay(execution_id: int) -> None:
    """Pay one approved refund, or ask how its payment went."""
    from approvals import payments

    payments.attend_execution(execution_id)


@shared_task(name="triage.tasks.work_job", time_limit=1_800)  # a job's lease
def work_job(job_id: int) -> None:
    """Do one piece of long work, if nobody else has it."""
    from triage.pipeline import jobs

    jobs.execute_job(job_id)


@shared_task(name="triage.tasks.watch")
def watch(ticket_id: int) -> None:
    """See whether the precision guarantee holds, after a label of the ticket was checked."""
    from triage.learning import drift

    drift.raise_drift_alarms()


@shared_task(name="triage.tasks.nightly")
def nightly() -> None:
    """Once a night: learn from the day's corrections and look for intents that are missing."""
    from triage.learning import drift
    from triage.pipeline import jobs

    drift.raise_drift_alarms()
    for kind in jobs.NIGHTLY_KINDS:
        jobs.request_job(kind, by=None)


@shared_task(name="triage.tasks.sweep")
def sweep() -> None:
    """Wake workers for what was missed, for what a dead one left and for mails not sent."""
    from approvals import notifications, payments
    from approvals import services as approvals
    from approvals.review import seeded_checks
    from tickets.delivery import sending
    from tickets.queue import run_queue
    from triage.pipeline import jobs

    for run in run_queue.list_overdue_runs(MAX_SWEPT_RUNS):
        run_queue.wake_worker(run.pk)
    for job in jobs.list_overdue_ids():
        jobs.wake_worker(job)
    sending.sweep_outbox()
    payments.sweep_payments()
    approvals.expire_overdue()
    approvals.escalate_overdue()
    seeded_checks.plant_due_checks()
    notifications.sweep_notices()
