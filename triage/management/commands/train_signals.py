"""Train the bundled models of urgency, mood and unwanted mail from their corpus."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from triage.management.training_output import WEIGHTS, format_digest, iter_report_lines
from triage.pipeline import registry

TARGET, FOREIGN_TARGET = WEIGHTS / "signals.safetensors", WEIGHTS / "foreign_signals.safetensors"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="of the folds")
        parser.add_argument("--foreign", action="store_true", help="those of other languages")
        parser.add_argument("--target", type=Path, help="the file to write")

    def handle(self, *, seed: int, foreign: bool, target: Path | None, **options: Any) -> None:
        from triage.training import signal_corpus, signal_fitting

        said, mail = signal_corpus.load_examples(), signal_corpus.load_mail()
        load = registry.load_multilingual_encoder if foreign else registry.load_encoder
        model, report = signal_fitting.fit_model(
            said, mail, load().embed, words=not foreign, seed=seed
        )
        target = target or (FOREIGN_TARGET if foreign else TARGET)
        target.write_bytes(model.dumps())
        self.stdout.write(f"Each on texts it was not fitted on, {signal_fitting.FOLDS} folds:")
        for line in iter_report_lines(report):
            self.stdout.write(line)
        self.stdout.write(format_digest(target))
