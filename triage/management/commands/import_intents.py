"""manage.py import_intents FILE"""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from triage.learning.admin_lookup import get_admin
from triage.learning.intent_import import import_intents


class Command(BaseCommand):
    help = "Take in intents and their examples from a CSV or JSON Lines file; nothing is deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="with the columns text and label, in UTF-8")
        parser.add_argument("--by", default="", help="the admin in whose name it is done")
        parser.add_argument(
            "--only", action="store_true", help="retire the intents that the file does not name"
        )

    def handle(self, *, file: Path, by: str, only: bool, **options: object) -> None:
        done = import_intents(file, by=get_admin(by) if by else None, only=only)
        for problem in done.problems:
            self.stderr.write(problem)
        self.stdout.write(done.sentence)
        if done.problems:
            raise SystemExit(1)
