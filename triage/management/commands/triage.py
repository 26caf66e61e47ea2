"""Run the steps now, without a broker."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tickets import queue
from tickets.models import Run, Ticket
from triage import services


class Command(BaseCommand):
    help = (
        "Take tickets through all five steps now: those named, or all that wait (--all: every one)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ticket", nargs="*", type=int, help="ticket numbers")
        parser.add_argument("--all", action="store_true", help="also tickets that were read before")

    def handle(self, *, ticket: list[int], all: bool, **options: Any) -> None:  # noqa: A002
        runs = self._runs(ticket, everything=all)
        done = sum(services.work(run) for run in tqdm(runs, unit=" tickets", disable=None))
        self.stdout.write(f"{done} of {len(runs)} tickets read.")
        if done < len(runs):
            raise CommandError(f"{len(runs) - done} could not be read: see their pages.")

    def _runs(self, numbers: list[int], *, everything: bool) -> list[int]:
        if not numbers and not everything:
            waiting = Run.objects.filter(state=Run.State.QUEUED).order_by("created_at")
            return list(waiting.values_list("pk", flat=True))
        tickets = Ticket.objects.exclude(status=Ticket.Status.CLOSED).order_by("pk")
        chosen = tickets.filter(pk__in=numbers) if numbers else tickets
        if missing := set(numbers) - set(chosen.values_list("pk", flat=True)):
            raise CommandError(f"No open ticket has the number {min(missing)}.")
        return [queue.enqueue(ticket, reason="asked for").pk for ticket in chosen]
