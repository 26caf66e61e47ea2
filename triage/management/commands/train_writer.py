"""Train the bundled writer anew on this machine's CPU and export it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=55, help="wall-clock budget")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--target", type=Path, help="default: the bundled file itself")

    def handle(self, *args: Any, **options: Any) -> None:
        from triage.focal.export import WEIGHTS, export
        from triage.focal.train import train

        target = options["target"] or WEIGHTS
        train(options["minutes"], options["seed"])
        self.stdout.write(f"{target}\nsha256 {export(target=target)}")
