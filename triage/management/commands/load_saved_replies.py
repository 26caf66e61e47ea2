"""Load saved replies from a file, in place of those with the same short name."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage.pipeline.saved_reply_rows import import_saved_replies
from triage.saved_replies.reply_files import ReplyFileError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="TOML, a [[reply]] each; see the README")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            loaded = import_saved_replies(file)
        except (ReplyFileError, OSError) as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        self.stdout.write(f"{loaded} saved replies loaded.")
