"""Killing the worker of a payment at any point, and what the next worker makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from approvals import payments
from approvals.models import Execution
from approvals.payments import ledger
from approvals.payments.sweep import doubt_if_abandoned
from tests.support.payment_rows import again
from tests.support.payment_server import SECRET, Books
from tests.support.worker_processes import wait_for

INSIDE = ("claiming", "claimed", "sending", "answered", "writing", "written", "recorded")
OUTSIDE = {"at work": "pays late", "not at work": "hangs"}  # while it waits, by what the side does
QUESTIONS = ("claimed", "answered", "learning", "written")
SWEEPS = 4  # until nothing is open: a doubt, a question, an order, a record


@dataclass
class Workers:
    """Processes that die on demand."""

    process: subprocess.Popen[str]
    books: Books
    killed: int = 0
    survived: int = 0
    seen: list[str] = field(default_factory=list)

    def work(
        self, execution: Execution, point: str = "never", *, after: float | None = None
    ) -> None:
        """Attend to it, and die at the point, or ``after`` so many seconds, or both, or not."""
        child = self._begin(execution, point)
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):  # it was done before
                os.kill(child, signal.SIGKILL)
        self._end(execution)

    def work_until_it_waits(self, execution: Execution, mood: str) -> None:
        """Kill it while the payment side has the order and has not answered."""
        books, self.books.mood = self.books, mood
        child = self._begin(execution, "never")
        wait_for(lambda: any(order.key == execution.key for order in books.orders))
        wait_for(lambda: mood == "hangs" or execution.key in books.moved)
        os.kill(child, signal.SIGKILL)
        self._end(execution)
        books.mood, gate, books.gate = "pays", books.gate, threading.Event()
        gate.set()

    def _begin(self, execution: Execution, point: str) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{point} {execution.pk}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def _end(self, execution: Execution) -> None:
        assert self.process.stdout
        died = int(self.process.stdout.readline()) == signal.SIGKILL
        self.killed, self.survived = self.killed + died, self.survived + (not died)
        self.seen.append(again(execution).state)


@contextmanager
def workers(env: dict[str, str], books: Books) -> Iterator[Workers]:
    env = {
        **env,
        "PAYMENT_EXECUTOR": "webhook",
        "PAYMENT_URL": f"{books.address}/pay",
        "PAYMENT_SECRET": SECRET,
        "PAYMENT_TIMEOUT": "20",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.dying_payer"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # which closes both pipes, and so ends it
        yield Workers(process, books)


def make_due(execution: Execution) -> None:
    """As if an hour had gone by: leases end, questions and second orders are due."""
    past = timezone.now() - timedelta(hours=1)
    rows = Execution.objects.filter(pk=execution.pk)
    rows.update(next_at=past)
    rows.filter(called_at__isnull=False).update(called_at=past)
    rows.filter(state=Execution.State.CALLING).update(lease_until=past)


def finish(execution: Execution) -> tuple[str, str]:
    """What the sweep and other workers make of it in time; its states then."""
    for _ in range(SWEEPS):
        if again(execution).state not in ledger.OPEN_STATES:
            break
        make_due(execution)
        doubt_if_abandoned(execution.pk)
        payments.attend_execution(execution.pk)
    now = again(execution)
    return now.state, now.refund.state
