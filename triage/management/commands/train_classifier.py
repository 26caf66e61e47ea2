"""Train the classifier on the taxonomy's examples."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage import services


class Command(BaseCommand):
    help = "Train the classifier on the intents' examples and put it to work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--target", type=float, default=0.95, help="share of labels that shall be right"
        )

    def handle(self, *, target: float, **options: Any) -> None:
        if not 0.5 <= target < 1:
            raise CommandError("--target is a share between 0.5 and 1, such as 0.95.")
        try:
            trained = services.train(target=target)
        except ValueError as error:
            raise CommandError(str(error)) from error
        report = trained.report
        self.stdout.write(
            f"Trained on {report['examples']} examples, {report['accuracy']:.1%} right out of fold, "
            f"calibration error {report['calibration_error']:.3f}. {trained.promise['sentence']}"
        )
