"""Train the bundled model of orders to the machine from the mails of its writers."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.inference.registry import pinned
from triage.management.commands.train_signals import format_figure

WEIGHTS = Path(pinned.HERE) / "weights" / "injections.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--target", type=Path, default=WEIGHTS, help="the file to write")

    def handle(self, *, target: Path, **options: Any) -> None:
        from triage.training import injection_fitting

        model, report = injection_fitting.fit_model()
        target.write_bytes(model.dumps())
        self.stdout.write("On mails of each writer, fitted on those of the others:")
        for writer, figures in report.items():
            self.stdout.write(f"{writer}:")
            for what, figure in figures.items():
                self.stdout.write(f"  {what}: {format_figure(figure)}")
        self.stdout.write(
            f"{target}\nsha256 {pinned.hash_file(target)}\nPut the digest into "
            f"triage/inference/registry/roster.toml: "
            "a file with another one is refused."
        )
