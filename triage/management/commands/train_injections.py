"""Train the bundled model of orders to the machine from the mails of its writers."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.management.training_output import WEIGHTS, format_digest, iter_report_lines

TARGET = WEIGHTS / "injections.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--target", type=Path, default=TARGET, help="the file to write")

    def handle(self, *, target: Path, **options: Any) -> None:
        from triage.training import injection_fitting

        model, report = injection_fitting.fit_model()
        target.write_bytes(model.dumps())
        self.stdout.write("On mails of each writer, fitted on those of the others:")
        for line in iter_report_lines(report):
            self.stdout.write(line)
        self.stdout.write(format_digest(target))
