"""manage.py learn_from_past [FILE]"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from triage.models import Job
from triage.pipeline import jobs


class Command(BaseCommand):
    help = (
        "Import past tickets, if a file is named, learn labels and replies from all that were "
        "answered, and try them on the newest. Nothing is switched on: that is done on the page."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="as for import_tickets")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        if file:
            with suppress(SystemExit):  # some rows were left out: each has its line
                call_command("import_tickets", file, stdout=self.stdout, stderr=self.stderr)
        self.stdout.write("Learning from what was answered. It takes a minute or two.")
        job = jobs.request_job("past", by=None)
        jobs.execute_job(job.pk)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(job.error or "A worker has this in hand: look at the page.")
        for line in _iter_lines(job.result):
            self.stdout.write(line)


def _iter_lines(found: dict[str, Any]) -> Iterator[str]:
    """What was found, in sentences."""
    proposed = f"{len(found['labels'])} labels, {found['replies']} replies"
    yield f"{found['sentence']} Proposed: {proposed}."
    if tried := found["preview"]:
        yield (
            f"Of your last {tried['tickets']:,} tickets {tried['labelled']:,} would have been "
            f"labelled (of {tried['compared']:,} that your team had labelled {tried['right']:,} "
            f"alike), and {tried['ready']:,} would "
            f"have had every question answered; {tried['reworded']:,} more once the replies are "
            "worded for everybody."
        )
        yield tried["promise"]
    yield "Switch it on under Learning, “Start from past tickets”."
