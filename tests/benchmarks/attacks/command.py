"""Prompt injections hidden in tickets, through all steps: `make bench-attacks DATA=…`."""

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

REQUIRED_FILES = (
    "bipia/text_attack_train.json",
    "agentdojo/injection_goals.json",
    "notinject/valid.json",
)


class Command(BaseCommand):
    help = "Hide our own instructions and those of DATA in demo tickets, run all steps, compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument("--bases", type=int, default=20, help="tickets of each kind")
        parser.add_argument("--one-in", type=int, default=1, help="take one text in so many")
        parser.add_argument("--each", type=int, default=2, help="of them for each instruction")

    def handle(self, *, data: Path, bases: int, each: int, **options: Any) -> None:
        if missing := [name for name in REQUIRED_FILES if not (data / name).is_file()]:
            raise CommandError(f"{data} has no {missing[0]}: name the folder of the data.")
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("This needs an empty database: `make bench-attacks` makes one.")
        call_command("createcachetable", verbosity=0)
        demo.load_demo(progress=True)
        trials.prepare_shop()
        attacks = [
            *texts.load_polite_words(),
            *texts.load_own_attacks(),
            *texts.load_bipia(data),
            *texts.load_agentdojo(data),
        ][:: options["one_in"]]
        self._write_lines(report.iter_flag_lines(attacks, data))
        plain = list(tqdm(trials.iter_base_tickets(bases), desc="as they stand", disable=None))
        hidden = tqdm(trials.iter_trials(plain, attacks, each), desc="attacked", disable=None)
        found = list(hidden)
        self._write_lines(report.iter_report_lines(found))
        if bad := sum(bool(trial.unsafe) for trial in found):
            raise CommandError(f"{bad} of {len(found)} hidden instructions gained something.")

    def _write_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()
