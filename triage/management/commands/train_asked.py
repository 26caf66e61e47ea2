"""Train the bundled model of what a message asks from sentences of ours."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.management.training_output import WEIGHTS, format_digest, iter_report_lines
from triage.pipeline import registry

TARGET = WEIGHTS / "asked.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--target", type=Path, default=TARGET, help="the file to write")

    def handle(self, *, target: Path, **options: Any) -> None:
        from triage.training import asked_fitting

        model, report = asked_fitting.fit_model(registry.load_encoder())
        target.write_bytes(model.dumps())
        self.stdout.write("On mails that it was not fitted on:")
        for line in iter_report_lines(report):
            self.stdout.write(line)
        self.stdout.write(format_digest(target))
