"""Train the bundled models of urgency, mood and unwanted mail from their corpus."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.inference.registry import pinned
from triage.pipeline import registry

WEIGHTS = Path(pinned.HERE) / "weights" / "signals.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="of the folds")
        parser.add_argument("--target", type=Path, default=WEIGHTS, help="the file to write")

    def handle(self, *, seed: int, target: Path, **options: Any) -> None:
        from triage.training import signal_corpus, signal_fitting

        said, mail = signal_corpus.load_examples(), signal_corpus.load_mail()
        model, report = signal_fitting.fit_model(
            said, mail, registry.load_encoder().embed, seed=seed
        )
        target.write_bytes(model.dumps())
        self.stdout.write(f"Each on texts it was not fitted on, {signal_fitting.FOLDS} folds:")
        for name, figures in report.items():
            self.stdout.write(f"{name}:")
            for what, figure in figures.items():
                self.stdout.write(f"  {what}: {format_figure(figure)}")
        self.stdout.write(
            f"{target}\nsha256 {pinned.hash_file(target)}\nPut the digest into "
            f"triage/inference/registry/roster.toml: "
            "a file with another one is refused."
        )


def format_figure(figure: Any) -> str:
    """A figure as text: a share with its interval, or the plain value."""
    if not isinstance(figure, Mapping):
        return str(figure)
    return f"{figure['share']:.1%} of {figure['of']} ({figure['from']:.1%} to {figure['to']:.1%})"
