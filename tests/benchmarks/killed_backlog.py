"""Workers killed at instants chosen by lot while they take a backlog: what is lost or doubled?

make bench-kills
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db.models import Count
from tqdm import tqdm

from tickets.audit import receipts
from tickets.models import Run, Ticket
from tickets.queue import run_queue
from triage.demo import load as demo
from triage.pipeline import registry

KILLS, WORKERS = 200, 2
LATEST_SECONDS = 1.5  # after a worker is ready; a ticket takes about a tenth of that
LEASE_SECONDS = 3
MAX_SETTLE_SECONDS = 300
COMMAND = [sys.executable, "-m", "tests.support.backlog_worker"]


class Command(BaseCommand):
    help = "Kill workers while they take a backlog; `make bench-kills` gives it a database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kills", type=int, default=KILLS)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, kills: int, seed: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("This needs an empty database: `make bench-kills` makes one.")
        call_command("createcachetable", verbosity=0)
        demo.load_demo(progress=True)
        kill_workers(kills, random.Random(seed))
        counted = count_outcomes()
        for line in counted.iter_lines():
            self.stdout.write(line)
        if counted.faults:
            raise CommandError(f"{len(counted.faults)} runs were lost, doubled or changed.")


def kill_workers(kills: int, lot: random.Random) -> None:
    """Let workers take the backlog, kill one after another, then let the last ones finish."""
    workers = [_start_worker() for _ in range(WORKERS)]
    try:
        for _ in tqdm(range(kills), desc="killed", disable=None):
            _fill_backlog()
            time.sleep(lot.uniform(0, LATEST_SECONDS / WORKERS))
            workers.pop(0).kill()
            workers.append(_start_worker())
        _wait_for_the_rest()
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _start_worker() -> subprocess.Popen[str]:
    """A worker that is ready. Raises CommandError where it does not come so far."""
    env = {**os.environ, "TRIAGE_LEASE_SECONDS": str(LEASE_SECONDS), "OMP_NUM_THREADS": "1"}
    worker = subprocess.Popen(COMMAND, env=env, stdout=subprocess.PIPE, text=True)
    if worker.stdout is None or worker.stdout.readline() != "ready\n":
        raise CommandError("A worker did not start: see its message above.")
    return worker


def _fill_backlog() -> None:
    """Have every ticket read again where none waits any more."""
    if run_queue.find_waiting_run() is None:
        for ticket in Ticket.objects.all():
            run_queue.enqueue_run(ticket, reason="read again", call=False)


def _wait_for_the_rest() -> None:
    deadline = time.monotonic() + MAX_SETTLE_SECONDS
    while Run.objects.filter(state__in=run_queue.OPEN_STATES).exists():
        if time.monotonic() > deadline:
            raise CommandError("Some runs were never finished.")
        time.sleep(0.2)


@dataclass(frozen=True)
class Outcomes:
    """What became of the runs: how many of each state, how many were taken over, the faults."""

    states: Counter[str]
    taken_over: int
    receipts: int
    faults: tuple[str, ...]

    def iter_lines(self) -> Iterator[str]:
        yield "runs: " + ", ".join(f"{count} {state}" for state, count in self.states.items())
        yield f"runs that another worker took over: {self.taken_over}; receipts: {self.receipts}"
        yield f"lost, doubled or changed: {len(self.faults)}"
        yield from self.faults


def count_outcomes() -> Outcomes:
    """What the database says of all runs, and whether the chain of receipts holds."""
    runs = Run.objects.all()
    return Outcomes(
        states=Counter(runs.values_list("state", flat=True)),
        taken_over=runs.filter(attempt__gt=1).count(),
        receipts=sum(run.count for run in runs.annotate(count=Count("receipts"))),
        faults=(*_iter_run_faults(), *receipts.verify_chain()),
    )


def _iter_run_faults() -> Iterator[str]:
    steps = sorted(step.name for step in registry.load_steps())
    done = Run.objects.filter(state=Run.State.DONE)
    for run in done.prefetch_related("receipts", "drafts"):
        told = sorted(one.step for one in run.receipts.all() if one.step in steps)
        if told != steps:
            yield f"run {run.pk} has receipts of {', '.join(told) or 'no step'}"
        if len(run.drafts.all()) != 1:
            yield f"run {run.pk} has {len(run.drafts.all())} drafts"
    for run in Run.objects.filter(state=Run.State.FAILED):
        yield f"run {run.pk} failed: {run.error}"
    for ticket in Ticket.objects.exclude(runs__state=Run.State.DONE):
        yield f"ticket {ticket.pk} was never read"
