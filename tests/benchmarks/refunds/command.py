"""A shop of real shape and its refund tasks through all steps: `make bench-refunds DATA=…`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from tqdm import tqdm

from tests.benchmarks.refunds import figures, tau_shop
from tests.benchmarks.refunds.figures import Judged
from tests.benchmarks.refunds.tau_shop import Task
from tickets.models import Run, Ticket
from triage.demo import load as demo
from triage.learning import versions
from triage.learning.corrections import relabel
from triage.models import Intent
from triage.pipeline import worker

NEEDED = ("db.json", "policy.md", "refund_labels_train.jsonl")


class Command(BaseCommand):
    help = "Set up the shop of DATA/tau3_retail, run its tasks through all steps, and report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument(
            "--earlier", type=int, default=0, help="so many tasks of DATA/tau_bench_v1 as well"
        )
        parser.add_argument("--all", action="store_true", help="tell every task, not only misses")

    def handle(self, *, data: Path, earlier: int, **options: Any) -> None:
        shop = data / "tau3_retail"
        if missing := [name for name in NEEDED if not (shop / name).is_file()]:
            raise CommandError(f"{shop} has no {missing[0]}: name the folder of the data.")
        call_command("migrate", verbosity=0)
        if demo.is_there():
            raise CommandError("This needs an empty database: `make bench-refunds` makes one.")
        call_command("createcachetable", verbosity=0)
        counted = tau_shop.set_up(shop)
        self.stdout.write(", ".join(f"{count} {what}" for what, count in counted.items()))
        admin = User.objects.create_user("bench")
        versions.activate(versions.train(by=admin), by=admin, why="for the benchmark")
        self._measure("tau3_retail", tau_shop.labelled_tasks(shop), options["all"])
        if earlier:
            tasks = tau_shop.earlier_tasks(data / "tau_bench_v1", shop, earlier)
            self._measure("tau_bench_v1", tasks, options["all"])

    def _measure(self, what: str, tasks: Sequence[Task], told: bool) -> None:
        self._report(f"{what}, by the machine alone", list(_judged(tasks)), told)
        if all(task.label for task in tasks):
            self._report(f"{what}, labelled by a person", list(_labelled(tasks)), told)

    def _report(self, what: str, judged: Sequence[Judged], told: bool) -> None:
        self.stdout.write(f"\n{what}: {len(judged)} tasks")
        for line in figures.report(judged):
            self.stdout.write(line)
        outcomes = Counter(
            f"{each.outcome} {each.reasons[0] if each.reasons else ''}" for each in judged
        )
        self.stdout.write(", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
        if told:
            for each in judged:
                self.stdout.write(figures.told(each))


def _judged(tasks: Sequence[Task]) -> Iterator[Judged]:
    for task in tqdm(tasks, desc="all steps", disable=None):
        ticket = tau_shop.send(task)
        run = Run.objects.filter(ticket=ticket, state="queued").latest("pk")
        worker.work(run.pk)
        yield figures.judge(task, ticket)


def _labelled(tasks: Sequence[Task]) -> Iterator[Judged]:
    """The same tickets once more, after a person gave each the label of the right actions."""
    person = User.objects.get(username="bench")
    for task in tqdm(tasks, desc="labelled", disable=None):
        ticket = Ticket.objects.get(external_id=task.name)
        intent = Intent.objects.get(slug=task.label)
        relabel(ticket, intent, why="for the benchmark", by=person)
        worker.work(Run.objects.filter(ticket=ticket, state="queued").latest("pk").pk)
        yield figures.judge(task, ticket)
