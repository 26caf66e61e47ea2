"""The row is the queue: asking for a run, claiming it, holding it, giving it up.

The broker carries wake-up calls only. A lost call costs two seconds (the sweep),
a dead worker costs its lease; neither costs a ticket.
"""

from __future__ import annotations

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tickets.models import Run, Ticket

PROCESS = "triage.tasks.process"


class LeaseLost(Exception):
    """Another worker holds the run now: whatever this one has is to be thrown away."""


def enqueue(ticket: Ticket, *, reason: str, by: User | None = None) -> Run:
    """A new run for the ticket; one still open is replaced, so that it works on what is there now.

    Call inside the transaction that changed the ticket.
    """
    with transaction.atomic():
        Ticket.locked(ticket.pk)
        ticket.runs.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING]).update(
            state=Run.State.REPLACED, finished_at=timezone.now(), lease_until=None
        )
        run = Run.objects.create(ticket=ticket, reason=reason, requested_by=by)
        transaction.on_commit(lambda: wake(run.pk))
    return run


def wake(run_id: int) -> None:
    """Tell a worker; when the broker is away the sweep will find the row."""
    Run.objects.filter(pk=run_id).update(woken_at=timezone.now())
    try:
        current_app.send_task(PROCESS, args=[run_id], retry=False)
    except current_app.connection_for_write().recoverable_connection_errors:
        return


def claim(run_id: int, holder: str) -> Run | None:
    """The run, leased to ``holder``; None when somebody else has it or it is finished."""
    now = timezone.now()
    free = Q(state=Run.State.QUEUED) | Q(state=Run.State.RUNNING, lease_until__lt=now)
    claimed = Run.objects.filter(free, pk=run_id).update(
        state=Run.State.RUNNING,
        holder=holder,
        lease_until=now + timedelta(seconds=settings.TRIAGE_LEASE_SECONDS),
        attempt=F("attempt") + 1,
        started_at=now,
    )
    return Run.objects.select_related("ticket__customer").get(pk=run_id) if claimed else None


def hold(run: Run, **values: object) -> None:
    """Write to the run and prolong the lease, only while it is still ours. Raises LeaseLost.

    Inside a transaction it also locks the row, so that what follows is ours as well.
    """
    lease = timezone.now() + timedelta(seconds=settings.TRIAGE_LEASE_SECONDS)
    values = {"lease_until": lease, **values}
    held = Run.objects.filter(
        pk=run.pk, state=Run.State.RUNNING, holder=run.holder, attempt=run.attempt
    ).update(**values)
    if not held:
        raise LeaseLost(f"run {run.pk} is no longer held by {run.holder}")


def finish(run: Run, state: str, error: str = "") -> None:
    """Give the run up for good. Raises LeaseLost."""
    hold(run, state=state, error=error[:500], finished_at=timezone.now(), lease_until=None)


def overdue(limit: int) -> QuerySet[Run]:
    """Runs nobody works on: never woken, woken in vain, or left by a dead worker; oldest first."""
    now = timezone.now()
    ago = now - timedelta(seconds=10)
    waiting = Q(state=Run.State.QUEUED) & (
        Q(woken_at__isnull=True, created_at__lt=now - timedelta(seconds=2)) | Q(woken_at__lt=ago)
    )
    left = Q(state=Run.State.RUNNING, lease_until__lt=now)
    return Run.objects.filter(waiting | left).order_by("created_at")[:limit]
