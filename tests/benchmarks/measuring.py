"""What the benchmarks share: worker processes, percentiles, tables of receipts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psutil
from django.core.management.base import CommandError
from django.db.models import F, Max, Min

from tickets.models import Receipt, Run, Ticket
from triage.pipeline import registry
from triage.runtime.processes import end, start, worker_command

PATIENCE = 1800  # seconds until a benchmark gives up on its workers


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile; nan for no values."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


@contextmanager
def workers(count: int) -> Iterator[psutil.Process]:
    """Celery with so many worker processes, ended afterwards."""
    process = start(worker_command(count))
    try:
        yield psutil.Process(process.pid)
    finally:
        end([process])


def wait_until_done(runs: Sequence[int]) -> float:
    """Wait for the runs; seconds from the first start to the last finish."""
    deadline = time.monotonic() + PATIENCE
    chosen = Run.objects.filter(pk__in=runs)
    while chosen.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING]).exists():
        if time.monotonic() > deadline:
            raise CommandError("The workers did not finish: see their messages above.")
        time.sleep(0.2)
    span = chosen.aggregate(span=Max("finished_at") - Min("started_at"))["span"]
    return float(span.total_seconds())


def seconds_of(runs: Sequence[int], since: str) -> list[float]:
    """Seconds each run took from ``since`` ("created_at" or "started_at") to its end."""
    spans = Run.objects.filter(pk__in=runs, finished_at__isnull=False).annotate(
        span=F("finished_at") - F(since)
    )
    return [span.total_seconds() for span in spans.values_list("span", flat=True)]


def megabytes(process: psutil.Process) -> float:
    """Resident memory of a process, shared pages included."""
    return float(process.memory_info().rss) / 2**20


def step_lines() -> Iterator[str]:
    """A table of the receipts: per step how often which engine served, and how long it took."""
    yield "| step | p50 ms | p95 ms | served by |"
    yield "|---|---|---|---|"
    for step in registry.steps():
        rows = list(
            Receipt.objects.filter(step=step.name)
            .exclude(status="overridden")
            .values_list("latency_ms", "status", "model_served")
        )
        latency = [row[0] or 0 for row in rows]
        served = Counter(f"{row[2] or 'a person'} ({row[1]})" for row in rows)
        counts = ", ".join(f"{name}: {count}" for name, count in served.most_common())
        yield (
            f"| {step.name} | {percentile(latency, 0.5):.0f} | {percentile(latency, 0.95):.0f} "
            f"| {counts} |"
        )


def ticket_lines() -> Iterator[str]:
    """How many tickets came in, were read whole, and where they stand."""
    names = [step.name for step in registry.steps()]
    whole = sum(
        set(names) <= set(ticket.receipts.values_list("step", flat=True))
        for ticket in Ticket.objects.all()
    )
    statuses = Counter(Ticket.objects.values_list("status", flat=True))
    yield f"tickets: {Ticket.objects.count()}, with all {len(names)} receipts: {whole}"
    yield "status: " + ", ".join(f"{name} {count}" for name, count in statuses.most_common())
