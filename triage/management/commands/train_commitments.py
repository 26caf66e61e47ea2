"""Train the bundled commitment model from its sentences."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.management.training_output import WEIGHTS, format_digest, iter_report_lines

TARGET = WEIGHTS / "promises.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="of the folds")
        parser.add_argument("--target", type=Path, default=TARGET, help="the file to write")

    def handle(self, *, seed: int, target: Path, **options: Any) -> None:
        from triage.training import commitment_fitting

        model, report = commitment_fitting.fit_model(seed=seed)
        target.write_bytes(model.dumps())
        self.stdout.write(f"On sentences it was not fitted on, {commitment_fitting.FOLDS} folds:")
        for line in iter_report_lines(report):
            self.stdout.write(line)
        self.stdout.write(format_digest(target))
