"""How fast the machine is here, with the bundled models and the demo shop."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tests.benchmarks import measuring
from tests.benchmarks.releases import comparison, files, origin, rows
from tests.benchmarks.releases.figures import FIGURES
from tests.benchmarks.releases.rows import Release
from tests.benchmarks.releases.table import format_figure
from tests.benchmarks.releases.yardstick import Yardstick
from tickets import intake
from tickets.models import Run, Ticket
from tickets.queue import run_queue
from triage.classifier.lssvm import limit_threads
from triage.demo import company
from triage.demo import load as demo
from triage.pipeline import worker
from triage.runtime.processes import end_processes, start_process

WARM_UP_TICKETS = 10
FRESH_PROCESSES = 3
PAGES = 20  # of the web process, until its memory is looked at
WORK_ONE_RUN = """
import django
django.setup()
from triage.pipeline import worker
worker.execute_run({})
"""

Found = Iterator[tuple[str, float]]
"""Figures, each with its name in ``FIGURES``."""


class Command(BaseCommand):
    help = (
        "Measure steps, throughput, time to a draft and memory, and say what got slower since the "
        "last release; `make bench` gives it a database of its own and keeps the row."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, default=100, help="for each measurement")
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--seconds", type=int, default=60, help="of one ticket a second")
        parser.add_argument("--record", action="store_true", help="keep the row of this release")
        parser.add_argument("--check", action="store_true", help="end with 1 where it got slower")

    def handle(
        self,
        *,
        tickets: int,
        workers: int,
        seconds: int,
        record: bool,
        check: bool,
        **options: Any,
    ) -> None:
        commit = origin.find_commit()
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("The benchmark needs an empty database: `make bench` makes one.")
        call_command("createcachetable", verbosity=0)
        demo.load_demo(progress=True)
        release = _measure_release(commit, tickets, workers, seconds)
        releases = rows.read_releases(files.HERE / files.ROWS)
        has_slid = self._report_release(release, releases)
        if record:
            files.write_releases(rows.add_release(releases, release))
        if check and has_slid:
            raise CommandError("Not as quick as the last release: see the lines above.")

    def _report_release(self, release: Release, releases: Sequence[Release]) -> bool:
        """Say each figure, and what got slower since the last release; whether anything did."""
        self.stdout.write("\n".join(measuring.iter_step_lines()))
        self.stdout.write(f"yardstick: {release.yardstick_ms:.1f} ms ({release.yardstick})")
        for figure in FIGURES:
            self.stdout.write(f"{figure.name}: {format_figure(figure, release)}")
        before = rows.find_last(releases, release)
        if before is None:
            self.stdout.write("No other release is on file: nothing to compare with.")
            return False
        slides = comparison.list_slides(before, release)
        none = f"Nothing got slower or larger by a fifth since {before.commit}."
        self.stdout.write("\n".join(slides or [none]))
        return bool(slides)


def _measure_release(commit: str, tickets: int, workers: int, seconds: int) -> Release:
    yardstick = Yardstick()
    runs = list(Run.objects.order_by("pk").values_list("pk", flat=True))
    found: dict[str, float] = {}
    for measure in _list_measures(runs[: WARM_UP_TICKETS + tickets], workers, seconds):
        yardstick.take_samples()
        found.update(measure())
    yardstick.take_samples()
    return Release(
        commit=commit,
        date=date.today().isoformat(),
        machine=origin.describe_machine(),
        workers=workers,
        yardstick=yardstick.name,
        yardstick_ms=yardstick.ms,
        values=found,
    )


def _list_measures(runs: list[int], workers: int, seconds: int) -> list[Callable[[], Found]]:
    return [
        lambda: _measure_one_process(runs),
        _measure_fresh_processes,
        lambda: _measure_shop(workers, seconds),
    ]


def _measure_one_process(runs: list[int]) -> Found:
    for run in runs[:WARM_UP_TICKETS]:
        worker.execute_run(run)
    took = []
    with (
        limit_threads(settings.TRIAGE_MODEL_THREADS),  # as in the workers
        measuring.count_trips() as trips,
        measuring.time_steps() as steps,
    ):
        spent = time.process_time()
        for run in tqdm(runs[WARM_UP_TICKETS:], desc="one process", disable=None):
            began = time.monotonic()
            worker.execute_run(run)
            took.append((time.monotonic() - began) * 1000)
        spent = time.process_time() - spent
    yield "warm ticket processor", spent * 1000 / len(took)
    for name, spans in {"warm ticket": took, **steps}.items():
        yield from _iter_percentiles(name, spans)
    for name, count in {**trips, **measuring.sum_tokens(runs[WARM_UP_TICKETS:])}.items():
        yield f"a ticket's {name}", count / len(took)


def _iter_percentiles(name: str, spans: Sequence[float]) -> Found:
    yield f"{name} p50", measuring.compute_percentile(spans, 0.5)
    yield f"{name} p95", measuring.compute_percentile(spans, 0.95)


def _measure_fresh_processes() -> Found:
    """Milliseconds from the start of a process to its first draft: imports, models, ticket."""
    took = []
    for run in _enqueue_tickets(Ticket.objects.all()[:FRESH_PROCESSES]):
        began = time.monotonic()
        process = start_process(["-c", WORK_ONE_RUN.format(run)])
        if process.wait():
            end_processes([process])
            raise CommandError("A fresh process could not work on a ticket.")
        took.append((time.monotonic() - began) * 1000)
    yield "a process's first ticket", median(took)


def _measure_shop(workers: int, seconds: int) -> Found:
    with measuring.run_shop(workers) as shop:
        yield from _measure_workers()
        yield from _measure_steady_load(seconds)
        for _ in range(PAGES):
            measuring.fetch_page(f"{shop.address}/accounts/login/")
        yield "memory worker", shop.get_memory("worker-process")
        yield "memory launcher", measuring.get_memory_megabytes(shop.launcher)
        yield "memory web", shop.get_memory("gunicorn")


def _measure_workers() -> Found:
    """Throughput with all tickets at once, after a few while the models load."""
    first = _enqueue_tickets(Ticket.objects.all()[:WARM_UP_TICKETS])
    measuring.wait_for_runs(first)
    runs = _enqueue_tickets(Ticket.objects.all())
    yield "tickets a minute", 60 * len(runs) / measuring.wait_for_runs(runs)


def _enqueue_tickets(tickets: Any) -> list[int]:
    return [run_queue.enqueue_run(ticket, reason="bench").pk for ticket in tickets]


def _measure_steady_load(seconds: int) -> Found:
    before = Run.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    rows = company.build_company(date.today()).tickets[:seconds]
    for number, row in enumerate(tqdm(rows, desc="one a second", disable=None)):
        intake.receive_ticket({**row, "external_id": f"bench-{number}"})
        time.sleep(1)
    runs = list(Run.objects.filter(pk__gt=before).values_list("pk", flat=True))
    measuring.wait_for_runs(runs)
    spans = [span * 1000 for span in measuring.list_run_seconds(runs, "created_at")]
    yield from _iter_percentiles("arrival to draft", spans)
