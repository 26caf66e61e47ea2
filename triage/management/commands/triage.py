"""Run the steps now, without a broker."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tickets.models import Run, Ticket
from tickets.queue import run_queue
from triage.pipeline import worker


class Command(BaseCommand):
    help = "Take tickets through all steps now: those named, or all that wait (--all: every one)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ticket", nargs="*", type=int, help="ticket numbers")
        parser.add_argument("--all", action="store_true", help="also tickets that were read before")

    def handle(self, *, ticket: list[int], all: bool, **options: Any) -> None:  # noqa: A002
        runs = self._select_runs(ticket, everything=all)
        here = {run for run in tqdm(runs, unit=" tickets", disable=None) if worker.execute_run(run)}
        failed = set(_list_failed_runs(runs))
        elsewhere = len(set(runs) - here - failed)
        said = f"{len(here - failed)} of {len(runs)} tickets read."
        self.stdout.write(f"{said} {elsewhere} taken by a worker." if elsewhere else said)
        if failed:
            raise CommandError(f"{len(failed)} could not be read: see their pages.")

    def _select_runs(self, numbers: list[int], *, everything: bool) -> list[int]:
        if not numbers and not everything:
            waiting = Run.objects.filter(state=Run.State.QUEUED).order_by("created_at")
            return list(waiting.values_list("pk", flat=True))
        tickets = Ticket.objects.exclude(status=Ticket.Status.CLOSED).order_by("pk")
        chosen = tickets.filter(pk__in=numbers) if numbers else tickets
        if missing := set(numbers) - set(chosen.values_list("pk", flat=True)):
            raise CommandError(f"No open ticket has the number {min(missing)}.")
        return [
            run_queue.enqueue_run(ticket, reason="asked for", call=False).pk for ticket in chosen
        ]


def _list_failed_runs(runs: list[int]) -> list[int]:
    failed = Run.objects.filter(pk__in=runs, state=Run.State.FAILED)
    return list(failed.values_list("pk", flat=True))
