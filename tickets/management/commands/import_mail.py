"""manage.py import_mail PATH"""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from tickets.intake import Outcome
from tickets.intake.files.loop import Importer, build_progress_bar
from tickets.intake.files.mail_files import MailItem, read_mails
from tickets.intake.mail_retries import keep_refused_mail
from tickets.intake.mails import receive_mails
from tickets.mail.reading import UnreadableMail

MAX_BATCH_MAILS = 50  # their threads are locked meanwhile
KEPT_NOTE = (
    "Refused mails are kept: an admin sees them with their reasons, and tries again, under"
    " “Mails that were refused” in the admin panel."
)


class Command(BaseCommand):
    help = "Import raw mails: a file, a folder with the folders in it, or an mbox."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="an .eml file, a folder or an mbox file")

    def handle(self, *, path: Path, **options: object) -> None:
        importer = Importer(self, "mails", MAX_BATCH_MAILS)
        importer.keep_refused = _keep_refused_item
        with build_progress_bar(None, "mail") as bar:

            def receive(raws: Sequence[bytes]) -> list[Outcome | UnreadableMail]:
                bar.update(len(raws))
                return receive_mails(raws)

            importer.import_items(read_mails(path), receive, bar)
        if importer.counts["skipped"]:
            self.stderr.write(KEPT_NOTE)
        importer.finish_import()


def _keep_refused_item(item: MailItem, reason: str) -> None:
    keep_refused_mail(item.content, item.place, reason)
