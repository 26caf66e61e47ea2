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
from tests.benchmarks.refunds.figures import TaskResult
from tests.benchmarks.refunds.tau_shop import Task
from tickets.models import Run, Ticket
from triage.demo import load as demo
from triage.learning import versions
from triage.learning.corrections import correct_label
from triage.models import Intent
from triage.pipeline import worker

REQUIRED_FILES = ("db.json", "policy.md", "refund_labels_train.jsonl")


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
        if missing := [name for name in REQUIRED_FILES if not (shop / name).is_file()]:
            raise CommandError(f"{shop} has no {missing[0]}: name the folder of the data.")
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("This needs an empty database: `make bench-refunds` makes one.")
        call_command("createcachetable", verbosity=0)
        counted = tau_shop.set_up_shop(shop)
        self.stdout.write(", ".join(f"{count} {what}" for what, count in counted.items()))
        admin = User.objects.create_user("bench")
        versions.activate_version(
            versions.train_version(by=admin), by=admin, why="for the benchmark"
        )
        self._measure_tasks("tau3_retail", tau_shop.load_labelled_tasks(shop), options["all"])
        if earlier:
            tasks = tau_shop.load_earlier_tasks(data / "tau_bench_v1", shop, earlier)
            self._measure_tasks("tau_bench_v1", tasks, options["all"])

    def _measure_tasks(self, what: str, tasks: Sequence[Task], told: bool) -> None:
        self._write_report(f"{what}, by the machine alone", list(_judge_tasks(tasks)), told)
        if all(task.label for task in tasks):
            self._write_report(
                f"{what}, labelled by a person", list(_judge_labelled_tasks(tasks)), told
            )

    def _write_report(self, what: str, judged: Sequence[TaskResult], told: bool) -> None:
        self.stdout.write(f"\n{what}: {len(judged)} tasks")
        for line in figures.iter_report_lines(judged):
            self.stdout.write(line)
        outcomes = Counter(
            f"{each.outcome} {each.reasons[0] if each.reasons else ''}" for each in judged
        )
        self.stdout.write(", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
        if told:
            for each in judged:
                self.stdout.write(figures.format_result(each))


def _judge_tasks(tasks: Sequence[Task]) -> Iterator[TaskResult]:
    for task in tqdm(tasks, desc="all steps", disable=None):
        ticket = tau_shop.send_task(task)
        run = Run.objects.filter(ticket=ticket, state="queued").latest("pk")
        worker.execute_run(run.pk)
        yield figures.judge_task(task, ticket)


def _judge_labelled_tasks(tasks: Sequence[Task]) -> Iterator[TaskResult]:
    """The same tickets once more, after a person gave each the label of the right actions."""
    person = User.objects.get(username="bench")
    for task in tqdm(tasks, desc="labelled", disable=None):
        ticket = Ticket.objects.get(external_id=task.name)
        intent = Intent.objects.get(slug=task.label)
        correct_label(ticket, intent, why="for the benchmark", by=person)
        worker.execute_run(Run.objects.filter(ticket=ticket, state="queued").latest("pk").pk)
        yield figures.judge_task(task, ticket)
