"""Train the bundled writer anew, or go on where an interrupted training stopped, and export it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.training.writer.architecture import DEFAULT_SHAPE, SHAPES


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=85, help="wall-clock budget in all")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--shape", choices=SHAPES, default=DEFAULT_SHAPE)
        parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is one")
        parser.add_argument("--threads", type=int, default=1, help="of the CPU")
        parser.add_argument("--folder", type=Path, help="for checkpoints; default: .data/focal")
        parser.add_argument("--target", type=Path, help="default: the bundled file itself")

    def handle(self, **options: Any) -> None:
        from triage.training.writer.export import WEIGHTS, export_gguf
        from triage.training.writer.train import FOLDER, train_writer

        folder, target = options["folder"] or FOLDER, options["target"] or WEIGHTS
        train_writer(
            options["minutes"],
            options["seed"],
            folder,
            options["threads"],
            options["shape"],
            options["device"],
        )
        digest = export_gguf(folder, target)
        self.stdout.write(
            f"{target}\nsha256 {digest}\nThe course of the loss is in {folder}. Put the digest "
            "into triage/inference/registry/roster.toml: a file with another one is refused."
        )
