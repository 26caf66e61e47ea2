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
from triage.runtime.processes import build_web_command, end_processes, start_process

WARM_UP_TICKETS = 10


class Command(BaseCommand):
    help = (
        "Measure steps, throughput, time to a draft and memory; `make bench` gives it a "
        "database of its own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, default=100, help="for each measurement")
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--seconds", type=int, default=60, help="of one ticket a second")

    def handle(self, *, tickets: int, workers: int, seconds: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("The benchmark needs an empty database: `make bench` makes one.")
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        demo.load_demo(progress=True)
        for line in self._iter_measurements(tickets, workers, seconds):
            self.stdout.write(line)
            self.stdout.flush()

    def _iter_measurements(self, tickets: int, workers: int, seconds: int) -> Iterator[str]:
        runs = list(Run.objects.order_by("pk").values_list("pk", flat=True))
        yield from _measure_one_process(runs[: WARM_UP_TICKETS + tickets])
        with measuring.run_workers(workers) as process:
            yield from _measure_workers(workers)
            yield from _measure_steady_load(seconds)
            children = [
                measuring.get_memory_megabytes(child) for child in process.children(recursive=True)
            ]
        yield f"memory of a worker process: {max(children):.0f} MB"
        yield f"memory of a web process: {_measure_web_memory():.0f} MB"


def _measure_one_process(runs: list[int]) -> Iterator[str]:
    for run in runs[:WARM_UP_TICKETS]:
        worker.execute_run(run)
    took, spent = [], time.process_time()
    with measuring.count_trips() as trips:
        for run in tqdm(runs[WARM_UP_TICKETS:], desc="one process", disable=None):
            began = time.monotonic()
            worker.execute_run(run)
            took.append(time.monotonic() - began)
    spent = time.process_time() - spent
    yield "\n".join(measuring.iter_step_lines())
    yield (
        f"a ticket through all steps, one process, warm: p50 "
        f"{measuring.compute_percentile(took, 0.5):.2f} s, "
        f"p95 {measuring.compute_percentile(took, 0.95):.2f} s, "
        f"of the processor {spent / len(took):.2f} s"
    )
    told = ", ".join(f"{count / len(took):.1f} {name}" for name, count in trips.items())
    yield f"a ticket asks for: {told}"


def _measure_workers(count: int) -> Iterator[str]:
    """Throughput with all tickets at once, after a few while the models load."""
    first = _enqueue_tickets(Ticket.objects.all()[:WARM_UP_TICKETS])
    measuring.wait_for_runs(first)
    runs = _enqueue_tickets(Ticket.objects.all())
    took = measuring.wait_for_runs(runs)
    yield f"tickets a minute, {count} workers: {60 * len(runs) / took:.0f}"


def _enqueue_tickets(tickets: Any) -> list[int]:
    return [run_queue.enqueue_run(ticket, reason="bench").pk for ticket in tickets]


def _measure_steady_load(seconds: int) -> Iterator[str]:
    before = Run.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    rows = company.build_company(date.today()).tickets[:seconds]
    for number, row in enumerate(tqdm(rows, desc="one a second", disable=None)):
        intake.receive_ticket({**row, "external_id": f"bench-{number}"})
        time.sleep(1)
    runs = list(Run.objects.filter(pk__gt=before).values_list("pk", flat=True))
    measuring.wait_for_runs(runs)
    spans = measuring.list_run_seconds(runs, "created_at")
    yield (
        f"from arrival to draft at one ticket a second: p50 "
        f"{measuring.compute_percentile(spans, 0.5):.2f} s, "
        f"p95 {measuring.compute_percentile(spans, 0.95):.2f} s"
    )


def _measure_web_memory() -> float:
    """Megabytes of the process that serves pages, after it has served some."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start_process(build_web_command(port))
    try:
        for _ in range(20):
            _fetch_page(f"http://127.0.0.1:{port}/accounts/login/")
        served = psutil.Process(process.pid).children()
        return max(measuring.get_memory_megabytes(child) for child in served)
    finally:
        end_processes([process])


def _fetch_page(address: str) -> None:
    for _ in range(50):
        try:
            urllib.request.urlopen(address, timeout=10).read()  # noqa: S310  our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CommandError("The web process did not answer.")
