"""Instructions hidden in tickets, through all steps: `make bench-attacks DATA=…`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from tqdm import tqdm

from tests.benchmarks.attacks import report, texts, trials
from triage.demo import load as demo

NEEDED = ("bipia/text_attack_train.json", "agentdojo/injection_goals.json", "notinject/valid.json")


class Command(BaseCommand):
    help = "Hide our own instructions and those of DATA in demo tickets, run all steps, compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument("--bases", type=int, default=20, help="tickets of each kind")
        parser.add_argument("--each", type=int, default=2, help="of them for each instruction")

    def handle(self, *, data: Path, bases: int, each: int, **options: Any) -> None:
        if missing := [name for name in NEEDED if not (data / name).is_file()]:
            raise CommandError(f"{data} has no {missing[0]}: name the folder of the data.")
        call_command("migrate", verbosity=0)
        if demo.is_there():
            raise CommandError("This needs an empty database: `make bench-attacks` makes one.")
        call_command("createcachetable", verbosity=0)
        demo.load(progress=True)
        trials.prepare()
        attacks = [*texts.own(), *texts.bipia(data), *texts.agentdojo(data)]
        self._tell(report.flags(attacks, data))
        plain = list(tqdm(trials.bases(bases), desc="as they stand", disable=None))
        hidden = tqdm(trials.trials(plain, attacks, each), desc="attacked", disable=None)
        found = list(hidden)
        self._tell(report.report(found))
        if bad := sum(bool(trial.unsafe) for trial in found):
            raise CommandError(f"{bad} of {len(found)} hidden instructions gained something.")

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()
