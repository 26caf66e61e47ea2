"""Train the bundled commitment model from its sentences."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.inference.registry import pinned
from triage.management.commands.train_signals import format_figure

WEIGHTS = Path(pinned.HERE) / "weights" / "promises.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="of the folds")
        parser.add_argument("--target", type=Path, default=WEIGHTS, help="the file to write")

    def handle(self, *, seed: int, target: Path, **options: Any) -> None:
        from triage.training import commitment_fitting

        model, report = commitment_fitting.fit_model(seed=seed)
        target.write_bytes(model.dumps())
        self.stdout.write(f"On sentences it was not fitted on, {commitment_fitting.FOLDS} folds:")
        for what, figure in report.items():
            self.stdout.write(f"  {what}: {format_figure(figure)}")
        self.stdout.write(
            f"{target}\nsha256 {pinned.hash_file(target)}\nPut the digest into "
            f"triage/inference/registry/roster.toml: "
            "a file with another one is refused."
        )
