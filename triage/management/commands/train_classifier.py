"""manage.py train_classifier"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from triage.learning import comparison, versions
from triage.learning.admin_lookup import get_admin
from triage.models import Classifier


class Command(BaseCommand):
    help = "Train a new version of the classifier; with --activate put it to work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--target",
            type=float,
            help="the share of automatic labels that shall be right; the limit in force without it",
        )
        parser.add_argument(
            "--tune-encoder",
            type=int,
            metavar="EPOCHS",
            help="tune the encoder on half of the labelled texts first: 8 for ten texts a label, 3 "
            "for a hundred; 0 is the encoder as it came. Without it: that of the version at work",
        )
        parser.add_argument("--by", default="", help="the admin in whose name it is done")
        parser.add_argument("--activate", action="store_true", help="put it to work at once")
        parser.add_argument("--why", default="", help="why it is put to work")

    def handle(
        self, *, target: float | None, by: str, activate: bool, why: str, **options: Any
    ) -> None:
        epochs = options["tune_encoder"]
        if target is not None and not 0.5 <= target <= 0.999:
            raise CommandError("--target is a share between 0.5 and 0.999, such as 0.95.")
        if epochs is not None and epochs < 0:
            raise CommandError("--tune-encoder is a number of epochs, such as 3, or 0 for none.")
        if activate and not (by and why):
            raise CommandError("To put a version to work say who (--by USER) and why (--why).")
        person = get_admin(by) if by else None
        try:
            trained = versions.train_version(by=person, target=target, epochs=epochs, progress=True)
        except versions.NotTrained as error:
            raise CommandError(str(error)) from error
        self._write_report(trained)
        if activate and person:
            self._activate_version(trained, person, why)
        else:
            self.stdout.write(
                f"It is not at work: look at it under /machine/learning/{trained.pk}/."
            )

    def _write_report(self, trained: Classifier) -> None:
        report = trained.report
        self.stdout.write(
            f"Trained on {report['examples']} texts, {report['tickets']} of them tickets: "
            f"{report['accuracy']:.1%} right out of fold, "
            f"calibration error {report['calibration_error']:.3f}. {trained.promise['sentence']}"
        )
        if tuned := report.get("tuned"):
            self.stdout.write(
                f"Its encoder is tuned on {tuned['texts']} of the texts ({tuned['sha256'][:12]}); "
                f"all "
                f"that is measured rests on {tuned['unseen']} others, which it was not shown."
            )
        for few in report["thin"]:
            self.stdout.write(f"Few examples: {few['label']} has {few['examples']}.")
        for pair in report["overlaps"]:
            self.stdout.write(
                f"{pair['one']} and {pair['other']} are confused in {pair['confused']} of "
                f"{pair['of']}."
            )
        self.stdout.write(comparison.format_comparison(trained))

    def _activate_version(self, trained: Classifier, by: User, why: str) -> None:
        try:
            versions.activate_version(trained, by=by, why=why)
        except versions.NotActivated as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Version {trained.pk} is at work.")
