"""Fill an empty database with the demo shop, or go on where that was interrupted."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage.demo import load as demo


class Command(BaseCommand):
    help = "Load the demo shop: people, policies, intents, rules, customers, orders and tickets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--train",
            action="store_true",
            help="train its classifier and keep it beside the examples; for whoever changed them",
        )

    def handle(self, *, train: bool, **options: Any) -> None:
        if demo.has_data() and not demo.is_half_loaded():
            raise CommandError(
                "There are customers or policies already: the demo needs an empty database."
            )
        demo.load_demo(progress=True, train=train)
        if options["verbosity"]:
            self.stdout.write(f"The demo shop is open. Sign in as {demo.describe_sign_ins()}.")
