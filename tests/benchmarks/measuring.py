"""What the benchmarks share: a running shop, percentiles, tables of receipts."""

from __future__ import annotations

import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psutil
from django.core.management.base import CommandError
from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import F, Max, Min, Sum

from tests.support.faulty_shop import find_free_port
from tickets.models import Receipt, Run, Ticket
from triage.inference.forward import OpenVinoForward
from triage.pipeline import registry, runner
from triage.runtime.processes import end_processes, start_process

MAX_WAIT_SECONDS = 1800  # seconds until a benchmark gives up on its workers
MAX_START_SECONDS = 120  # seconds until a shop has to answer


def compute_percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile; nan for no values."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


@dataclass(frozen=True)
class RunningShop:
    """``manage.py start`` with its web server and workers."""

    launcher: psutil.Process
    address: str

    def get_memory(self, word: str) -> float:
        """Megabytes of the largest process with the word in its command line."""
        children = self.launcher.children(recursive=True)
        return max(get_memory_megabytes(one) for one in children if word in " ".join(one.cmdline()))


@contextmanager
def run_shop(workers: int) -> Iterator[RunningShop]:
    """Run the shop with so many workers for tickets; ended on exit."""
    port = find_free_port()
    options = ("--no-demo", "--workers", str(workers), "--port", str(port))
    process = start_process(["manage.py", "start", *options])
    try:
        fetch_page(f"http://127.0.0.1:{port}/healthz")
        yield RunningShop(psutil.Process(process.pid), f"http://127.0.0.1:{port}")
    finally:
        end_processes([process])


def fetch_page(address: str) -> None:
    """Open a page as soon as somebody answers. Raises CommandError where nobody does."""
    deadline = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=10).read()  # noqa: S310  our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CommandError("The web process did not answer.")


@contextmanager
def time_steps() -> Iterator[dict[str, list[float]]]:
    """Milliseconds of each step by its name, finer than in receipts, until the block ends."""
    climb, took = runner.climb_ladder, defaultdict(list)

    def climb_timed(step: Any, *asked: Any) -> Any:
        began = time.perf_counter()
        result = climb(step, *asked)
        took[step.name].append((time.perf_counter() - began) * 1000)
        return result

    with patch.object(runner, "climb_ladder", climb_timed):
        yield took


def wait_for_runs(runs: Sequence[int]) -> float:
    """Wait for the runs; seconds from the first start to the last finish."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    chosen = Run.objects.filter(pk__in=runs)
    while chosen.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING]).exists():
        if time.monotonic() > deadline:
            raise CommandError("The workers did not finish: see their messages above.")
        time.sleep(0.2)
    span = chosen.aggregate(span=Max("finished_at") - Min("started_at"))["span"]
    return float(span.total_seconds())


def list_run_seconds(runs: Sequence[int], since: str) -> list[float]:
    """Seconds each run took from ``since`` ("created_at" or "started_at") to its end."""
    spans = Run.objects.filter(pk__in=runs, finished_at__isnull=False).annotate(
        span=F("finished_at") - F(since)
    )
    return [span.total_seconds() for span in spans.values_list("span", flat=True)]


@contextmanager
def count_trips() -> Iterator[Counter[str]]:
    """Count what work asks the database and the encoder for, until the block ends."""
    counts = Counter({"queries": 0, "connections": 0, "encoder passes": 0, "tokens embedded": 0})
    forward = OpenVinoForward.__call__

    def ask(execute: Any, *asked: Any) -> Any:
        counts["queries"] += "SAVEPOINT" not in str(asked[0])
        return execute(*asked)

    def connect(**_: Any) -> None:
        counts["connections"] += 1

    def pass_through(self: OpenVinoForward, ids: Any, mask: Any) -> Any:
        counts["encoder passes"] += 1
        counts["tokens embedded"] += int(mask.sum())
        return forward(self, ids, mask)

    connection_created.connect(connect)
    with (
        connection.execute_wrapper(ask),
        patch.object(OpenVinoForward, "__call__", pass_through),
    ):
        yield counts
    connection_created.disconnect(connect)


def sum_tokens(runs: Sequence[int]) -> dict[str, int]:
    """What the writer read and wrote in these runs."""
    sums = Receipt.objects.filter(run__in=runs).aggregate(
        read=Sum("input_tokens", default=0), written=Sum("output_tokens", default=0)
    )
    return {"tokens read": sums["read"], "tokens written": sums["written"]}


def get_memory_megabytes(process: psutil.Process) -> float:
    """Resident memory of a process, shared pages included."""
    return float(process.memory_info().rss) / 2**20


def iter_step_lines() -> Iterator[str]:
    """A table of the receipts: per step how often which engine served, and how long."""
    yield "| step | p50 ms | p95 ms | served by |"
    yield "|---|---|---|---|"
    for step in registry.load_steps():
        rows = list(
            Receipt.objects.filter(step=step.name)
            .exclude(status="overridden")
            .values_list("latency_ms", "status", "model_served")
        )
        latency = [row[0] or 0 for row in rows]
        served = Counter(f"{row[2] or 'a person'} ({row[1]})" for row in rows)
        counts = ", ".join(f"{name}: {count}" for name, count in served.most_common())
        yield (
            f"| {step.name} | {compute_percentile(latency, 0.5):.0f} | "
            f"{compute_percentile(latency, 0.95):.0f} "
            f"| {counts} |"
        )


def iter_ticket_lines() -> Iterator[str]:
    """How many tickets came in, how many have every receipt, and how many have each status."""
    names = [step.name for step in registry.load_steps()]
    whole = sum(
        set(names) <= set(ticket.receipts.values_list("step", flat=True))
        for ticket in Ticket.objects.all()
    )
    statuses = Counter(Ticket.objects.values_list("status", flat=True))
    yield f"tickets: {Ticket.objects.count()}, with all {len(names)} receipts: {whole}"
    yield "status: " + ", ".join(f"{name} {count}" for name, count in statuses.most_common())
