"""Is anybody answered in a language that is not theirs? The foreign mails through the whole demo.

`make bench-languages`, second part: each mail is received from a customer of the demo with an order
and worked through all steps; counted is what became of it and the language of what was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from tests.benchmarks.languages import load_tickets

COLUMNS = ("ready", "partly", "findings", "nothing read")


def receive_mails() -> dict[int, str]:
    """All mails under ``foreign_tickets`` from customers in turn: ticket number to language."""
    from tickets import intake
    from tickets.models import Customer

    customers = cycle(Customer.objects.filter(orders__isnull=False).distinct().order_by("pk"))
    rows = [row for name in ("seen", "unseen") for row in load_tickets(name)]
    received: dict[int, str] = {}
    for place, (row, customer) in enumerate(zip(rows, customers, strict=False)):
        found = intake.receive_ticket(
            {
                "external_id": f"foreign-{place}",
                "channel": "form",
                "email": customer.email,
                "name": customer.name,
                "subject": row["subject"],
                "body": row["text"],
            }
        )
        if found.ticket:
            received[found.ticket.pk] = row["language"]
    return received


def iter_lines(received: dict[int, str]) -> Iterator[str]:
    by_language: dict[str, list[Any]] = defaultdict(list)
    for number, language in received.items():
        by_language[language].append(_read_outcome(number))
    yield f"| language | mails | {' | '.join(COLUMNS)} | replies in another language |"
    yield "|---" * (len(COLUMNS) + 3) + "|"
    for language, read in sorted(by_language.items()):
        yield _format_row(language, read)


def _read_outcome(number: int) -> tuple[str, str]:
    """What became of it, and what was written to the customer."""
    from tickets.models import Ticket

    ticket = Ticket.objects.get(pk=number)
    draft = ticket.drafts.order_by("pk").last()
    body = draft.body if draft else ""
    if ticket.status == Ticket.Status.READY:
        return "ready", body
    receipt = ticket.receipts.filter(step="answer").order_by("seq").last()
    if not (receipt and receipt.output.get("items")):
        return "nothing read", body
    return ("partly" if body else "findings"), body


def _format_row(language: str, read: Sequence[tuple[str, str]]) -> str:
    from triage.inference.language import identify_language

    counts = Counter(outcome for outcome, _ in read)
    other = [body for _, body in read if body and identify_language(body) != language]
    found = " | ".join(str(counts[one]) for one in COLUMNS)
    return f"| {language} | {len(read)} | {found} | {len(other)} |"


class Command(BaseCommand):
    help = "Work the mails under foreign_tickets through all steps of the demo."

    def handle(self, **options: Any) -> None:
        from triage.demo import load

        call_command("migrate", verbosity=0)
        if not load.has_data():
            call_command("load_demo", verbosity=0)
        received = receive_mails()
        call_command("triage", *received, stdout=self.stderr)
        for line in iter_lines(received):
            self.stdout.write(line)
