"""How fast the machine is here, with the bundled models and the demo shop."""

from __future__ import annotations

import socket
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

import psutil
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tests.benchmarks import measuring
from tickets import intake
from tickets.models import Run, Ticket
from tickets.queue import run_queue
from triage.demo import company
from triage.demo import load as demo
from triage.pipeline import worker
from triage.runtime.processes import end, start, web_command

WARM_UP = 10


class Command(BaseCommand):
    help = "Measure steps, throughput, time to a draft and memory; `make bench` gives it a database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, default=100, help="for each measurement")
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--seconds", type=int, default=60, help="of one ticket a second")

    def handle(self, *, tickets: int, workers: int, seconds: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if demo.is_there():
            raise CommandError("The benchmark needs an empty database: `make bench` makes one.")
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        demo.load(progress=True)
        for line in self._measured(tickets, workers, seconds):
            self.stdout.write(line)
            self.stdout.flush()

    def _measured(self, tickets: int, workers: int, seconds: int) -> Iterator[str]:
        runs = list(Run.objects.order_by("pk").values_list("pk", flat=True))
        yield from _one_process(runs[: WARM_UP + tickets])
        with measuring.workers(workers) as process:
            yield from _many_workers(workers)
            yield from _one_a_second(seconds)
            children = [measuring.megabytes(child) for child in process.children(recursive=True)]
        yield f"memory of a worker process: {max(children):.0f} MB"
        yield f"memory of a web process: {_web_memory():.0f} MB"


def _one_process(runs: list[int]) -> Iterator[str]:
    took = []
    for run in tqdm(runs, desc="one process", disable=None):
        began = time.monotonic()
        worker.work(run)
        took.append(time.monotonic() - began)
    warm = took[WARM_UP:]
    yield "\n".join(measuring.step_lines())
    yield (
        f"a ticket through all steps, one process, warm: p50 {measuring.percentile(warm, 0.5):.2f} s, "
        f"p95 {measuring.percentile(warm, 0.95):.2f} s"
    )


def _many_workers(count: int) -> Iterator[str]:
    """All tickets at once; the first few, while the models load, do not count."""
    first = _enqueue(Ticket.objects.all()[:WARM_UP])
    measuring.wait_until_done(first)
    runs = _enqueue(Ticket.objects.all())
    took = measuring.wait_until_done(runs)
    yield f"tickets a minute, {count} workers: {60 * len(runs) / took:.0f}"


def _enqueue(tickets: Any) -> list[int]:
    return [run_queue.enqueue(ticket, reason="bench").pk for ticket in tickets]


def _one_a_second(seconds: int) -> Iterator[str]:
    before = Run.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    rows = company.build(date.today()).tickets[:seconds]
    for number, row in enumerate(tqdm(rows, desc="one a second", disable=None)):
        intake.receive_ticket({**row, "external_id": f"bench-{number}"})
        time.sleep(1)
    runs = list(Run.objects.filter(pk__gt=before).values_list("pk", flat=True))
    measuring.wait_until_done(runs)
    spans = measuring.seconds_of(runs, "created_at")
    yield (
        f"from arrival to draft at one ticket a second: p50 {measuring.percentile(spans, 0.5):.2f} s, "
        f"p95 {measuring.percentile(spans, 0.95):.2f} s"
    )


def _web_memory() -> float:
    """Of the process that serves pages, after it has served some."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start(web_command(port))
    try:
        for _ in range(20):
            _get(f"http://127.0.0.1:{port}/accounts/login/")
        served = psutil.Process(process.pid).children()
        return max(measuring.megabytes(child) for child in served)
    finally:
        end([process])


def _get(address: str) -> None:
    for _ in range(50):
        try:
            urllib.request.urlopen(address, timeout=10).read()  # noqa: S310  our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CommandError("The web process did not answer.")
