"""manage.py prepare_models"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from triage.pipeline import registry


class Command(BaseCommand):
    help = (
        "Make what the models need on this machine, so that no worker has to hold the libraries "
        "that make it."
    )

    def handle(self, **options: Any) -> None:
        encoder = registry.load_encoder()
        if options["verbosity"]:
            self.stdout.write(f"The encoder is ready: {encoder.runtime}.")
