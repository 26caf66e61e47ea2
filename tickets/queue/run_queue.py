"""The row is the queue: asking for a run, claiming it, holding it, giving it up.

The broker carries wake-up calls only. A lost call costs two seconds (the sweep),
a dead worker costs its lease; neither costs a ticket.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from tickets.models import Run, Ticket
from tickets.queue import leases

log = logging.getLogger(__name__)

PROCESS_TASK = "triage.tasks.process"
OPEN_STATES = (Run.State.QUEUED, Run.State.RUNNING)
MAX_CALLS = 20
LOST_AFTER = timedelta(seconds=2)
CALLED_AGAIN_AFTER = timedelta(seconds=10)
ABANDONED_CALLED_AGAIN_AFTER = timedelta(seconds=5)
RUN_LEASE = leases.Lease(
    Run,
    waiting=Run.State.QUEUED,
    held=Run.State.RUNNING,
    get_duration=lambda: timedelta(seconds=settings.TRIAGE_LEASE_SECONDS),
)

# A person waits for the page meanwhile, and a call that is lost is repeated by the sweep.
CONNECT_SECONDS = 1
TRY_ONCE_OPTIONS = {
    "max_retries": 0,
    "socket_connect_timeout": CONNECT_SECONDS,
    "socket_timeout": 2 * CONNECT_SECONDS,
}


def enqueue_run(ticket: Ticket, *, reason: str, by: User | None = None, call: bool = True) -> Run:
    """A new run for the ticket; one still open is replaced, so that it works on what is there now.

    Call inside the transaction that changed the ticket. Without ``call`` no worker is
    told: the caller takes the run itself, or else the sweep finds it.
    """
    with transaction.atomic():
        Ticket.get_locked(ticket.pk)
        run = replace_run(ticket, reason=reason, by=by)
        if call:
            transaction.on_commit(lambda: wake_worker(run.pk))
    return run


def replace_run(ticket: Ticket, *, reason: str, by: User | None = None) -> Run:
    """A new run in place of the open one, for a ticket that the caller has locked.

    No worker is told: that is left to the caller, or else the sweep finds it.
    """
    replace_open_run(ticket)
    return Run.objects.create(ticket=ticket, reason=reason, requested_by=by)


def enqueue_new_tickets(tickets: Iterable[Ticket], *, reason: str, call: bool = True) -> list[Run]:
    """A run for each ticket that this transaction created, and that has none; else as above."""
    runs = Run.objects.bulk_create(Run(ticket=ticket, reason=reason) for ticket in tickets)
    if runs and call:
        transaction.on_commit(lambda: wake_workers([run.pk for run in runs]))
    return runs


@transaction.atomic
def cancel_run(ticket: Ticket) -> None:
    """Replace the open run: whoever holds it gets LeaseLost and changes nothing any more."""
    Ticket.get_locked(ticket.pk)
    replace_open_run(ticket)


def replace_open_run(ticket: Ticket) -> None:
    """``cancel_run`` for a ticket that the caller has locked."""
    ticket.runs.filter(state__in=OPEN_STATES).update(
        state=Run.State.REPLACED, finished_at=timezone.now(), lease_until=None
    )


def wake_worker(run_id: int) -> None:
    """Send a worker the run's id; when the broker is away the sweep will find the row."""
    Run.objects.filter(pk=run_id).update(woken_at=timezone.now())
    dispatch_task(PROCESS_TASK, run_id)


def wake_workers(run_ids: Sequence[int]) -> None:
    """Send workers the first of these ids, over one connection: whoever is called goes on with
    what else waits.
    """
    called = run_ids[:MAX_CALLS]
    Run.objects.filter(pk__in=called).update(woken_at=timezone.now())
    dispatch_tasks(PROCESS_TASK, called)


def dispatch_task(task: str, pk: int, *, expires: float | None = None) -> None:
    """Ask for a task on the row, to be begun within ``expires`` seconds.

    A broker that is down costs a second or two and a line in the log, never the work.
    """
    dispatch_tasks(task, [pk], expires=expires)


def dispatch_tasks(task: str, pks: Sequence[int], *, expires: float | None = None) -> None:
    """Ask for a task on each row, over one connection; otherwise as ``dispatch_task``."""
    broker = current_app.connection_for_write(
        connect_timeout=CONNECT_SECONDS, transport_options=TRY_ONCE_OPTIONS
    )
    down: tuple[type[BaseException], ...] = (
        OperationalError,
        OSError,
        *broker.connection_errors,
        *broker.channel_errors,
    )
    try:
        with broker:
            for pk in pks:
                current_app.send_task(
                    task, args=[pk], connection=broker, retry=False, expires=expires
                )
    except down as error:
        rows = ", ".join(map(str, pks))
        log.warning("%s of %s waits for the sweep: no broker took the call: %s", task, rows, error)


def find_next_run(called: int) -> int:
    """The run to work on when ``called`` is called for: the oldest that a person asked for, else
    that one, else the oldest that waits.

    So whoever waits for a page goes before a backlog, whatever the order of calls, and a run
    whose call went to another is taken by that other's call.
    """
    free = leases.build_free_filter(RUN_LEASE, timezone.now())
    asked = _find_asked_run()
    if asked is None and Run.objects.filter(free, pk=called).exists():
        return called
    return asked or find_waiting_run() or called


def find_waiting_run() -> int | None:
    """The oldest run that a person waits for, else the oldest that waits; None for none."""
    return _find_asked_run() or _list_waiting().values_list("pk", flat=True).first()


def _find_asked_run() -> int | None:
    return _list_waiting().exclude(requested_by=None).values_list("pk", flat=True).first()


def _list_waiting() -> QuerySet[Run]:
    return Run.objects.filter(state=Run.State.QUEUED).order_by("created_at")


def claim_run(run_id: int, holder: str) -> Run | None:
    """The run, leased to ``holder``; None when somebody else has it or it is finished."""
    claimed = leases.claim_row(RUN_LEASE, run_id, holder=holder, started_at=timezone.now())
    return Run.objects.select_related("ticket__customer").get(pk=run_id) if claimed else None


def renew_lease(run: Run, **values: object) -> None:
    """Write to the run and prolong the lease, only while it is still ours. Raises LeaseLost.

    Inside a transaction it also locks the row, so that what follows is ours as well.
    """
    leases.renew_lease(RUN_LEASE, run, **values)


def keep_lease(run: Run) -> None:
    """Prolong the lease where half of it is over. Raises LeaseLost."""
    leases.keep_lease(RUN_LEASE, run)


def finish_run(run: Run, state: str, error: str = "") -> None:
    """Write the final state and give up the lease for good. Raises LeaseLost."""
    ended = {"error": error[:500], "finished_at": timezone.now(), "case_sha256": run.case_sha256}
    leases.end_lease(RUN_LEASE, run, state, **ended)


def list_overdue_runs(limit: int) -> QuerySet[Run]:
    """Runs nobody works on: never woken, woken in vain, or left by a dead worker; oldest first.

    At most ``limit``, less those called out again just now that nobody has taken yet:
    so a long backlog does not pile up calls, and fast workers still get enough of them.
    """
    now = timezone.now()
    free = leases.build_free_filter(RUN_LEASE, now)
    again = Q(woken_at__gt=F("created_at") + LOST_AFTER, woken_at__gte=now - CALLED_AGAIN_AFTER)
    unanswered = Run.objects.filter(free & again).count()
    waiting = Q(state=Run.State.QUEUED) & (
        Q(woken_at__isnull=True, created_at__lt=now - LOST_AFTER)
        | Q(woken_at__lt=now - CALLED_AGAIN_AFTER)
    )
    left = leases.build_abandoned_filter(RUN_LEASE, now) & (
        Q(woken_at__isnull=True) | Q(woken_at__lt=now - ABANDONED_CALLED_AGAIN_AFTER)
    )
    found = Run.objects.filter(waiting | left).order_by("created_at")
    return found[: max(limit - unanswered, 0)]
