"""Real orders, a real policy, real tickets and raw mails through all steps."""

from __future__ import annotations

import json
import tempfile
import tomllib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db.models import Sum
from tqdm import tqdm

from approvals.models import Refund
from tests.benchmarks import measuring
from tests.benchmarks.writer.compare import Command as CompareWriters
from tickets import intake
from tickets.models import Draft, Run
from triage.demo import load as demo
from triage.pipeline import worker
from triage.policies import loading

FRONT_MATTER = "---\nid: retail\ntitle: Retail\neffective_from: 2020-01-01\nsource: ''\n---\n\n"
# The orders have no dates and the policy has no numbers: what it says of returns and
# cancellations is all the rules can say.
REFUND_RULES_TOML = """
[[rule]]
name = "Return of a delivered order"
intents = ["return-request", "refund-request"]
clause = "retail.return-delivered-order"
remedy = "refund"
statuses = ["delivered"]

[[rule]]
name = "Cancellation of a pending order"
intents = ["cancel-order"]
clause = "retail.cancel-pending-order"
remedy = "refund"
statuses = ["pending"]
"""


class Command(BaseCommand):
    help = "Import tau3_retail and the raw mails below DIR, run all steps, and report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument("--show", type=int, default=0, help="print so many tickets and drafts")

    def handle(self, *, data: Path, show: int, **options: Any) -> None:
        if not (data / "tau3_retail" / "db.json").is_file():
            raise CommandError(f"{data} has no tau3_retail/db.json: name the folder of the data.")
        call_command("migrate", verbosity=0)
        if demo.has_data():
            raise CommandError("This needs an empty database: `make bench-real` makes one.")
        call_command("createcachetable", verbosity=0)
        self._import_data(data)
        call_command("train_classifier", stdout=self.stdout)
        runs = list(Run.objects.filter(state="queued").order_by("pk").values_list("pk", flat=True))
        for run in tqdm(runs, desc="all steps", disable=None):
            worker.execute_run(run)
        for line in (*_iter_report_lines(runs), *_iter_drafts(show)):
            self.stdout.write(line)
        call_command(CompareWriters(), like="tau3-", tickets=len(runs), stdout=self.stdout)

    def _import_data(self, data: Path) -> None:
        demo.create_taxonomy()
        retail = data / "tau3_retail"
        with tempfile.TemporaryDirectory() as folder:
            policy = Path(folder) / "retail.md"
            policy.write_text(FRONT_MATTER + (retail / "policy.md").read_text())
            loading.load_policies(policy)
        demo.create_refund_rules(
            {"rule": [_add_dates(rule) for rule in tomllib.loads(REFUND_RULES_TOML)["rule"]]}
        )
        shop = json.loads((retail / "db.json").read_text())
        self._receive_rows(
            "customers", intake.receive_customer, map(_build_customer_row, shop["users"].values())
        )
        self._receive_rows(
            "orders", intake.receive_order, map(_build_order_row, shop["orders"].values())
        )
        tasks = json.loads((retail / "tasks_train.json").read_text())
        owners = {user["user_id"]: user for user in shop["users"].values()}
        self._receive_rows(
            "tickets", intake.receive_ticket, (_build_ticket_row(task, owners) for task in tasks)
        )
        self._import_mails(data / "emails")

    def _receive_rows(self, what: str, receive: Any, rows: Iterable[Mapping[str, Any]]) -> None:
        outcomes = Counter(receive(row).did for row in rows)
        self.stdout.write(f"{what}: " + ", ".join(f"{n} {did}" for did, n in outcomes.items()))

    def _import_mails(self, folder: Path) -> None:
        try:
            call_command("import_mail", str(folder), stdout=self.stdout, stderr=_NullStream())
        except CommandError as error:
            self.stdout.write(f"mails: {error}")
        except SystemExit:
            self.stdout.write("mails: some files are no mails; see import_mail")


class _NullStream:
    """A stream that drops what is written: most of those files are bare bodies or expected
    outputs, and each would be reported.
    """

    def write(self, text: str) -> None:
        return

    def flush(self) -> None:
        return

    def isatty(self) -> bool:
        return False


def _add_dates(rule: dict[str, Any]) -> dict[str, Any]:
    return {**rule, "counts_from": "purchase", "effective_from": "2020-01-01"}


def _build_customer_row(user: Mapping[str, Any]) -> dict[str, Any]:
    address = user["address"]
    return {
        "external_id": user["user_id"],
        "name": f"{user['name']['first_name']} {user['name']['last_name']}",
        "email": user["email"],
        "address": ", ".join(filter(None, (address["address1"], address["city"], address["zip"]))),
    }


def _build_order_row(order: Mapping[str, Any]) -> dict[str, Any]:
    statuses = {"processed": "paid", "pending (item modified)": "pending"}
    return {
        "number": order["order_id"],
        "customer": order["user_id"],
        "status": statuses.get(order["status"], order["status"]),
        "currency": "USD",
        "lines": [
            {"sku": item["item_id"], "name": item["name"], "unit_price": str(item["price"])}
            for item in order["items"]
        ],
        "payments": [
            {
                "kind": "capture" if paid["transaction_type"] == "payment" else "refund",
                "amount": str(paid["amount"]),
                "method": paid["payment_method_id"],
                "reference": f"{order['order_id']}-{number}",
            }
            for number, paid in enumerate(order["payment_history"], 1)
        ],
    }


def _build_ticket_row(
    task: Mapping[str, Any], owners: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The instructions of a task as the customer's own words, sent from the customer's address."""
    said = task["user_scenario"]["instructions"]
    owner = next(
        (owner for owner in owners.values() if _matches_owner(owner, said["known_info"])), None
    )
    return {
        "external_id": f"tau3-{task['id']}",
        "channel": "import",
        "name": "",
        "email": owner["email"] if owner else f"task-{task['id']}@customer.example",
        "subject": "",
        "body": f"{said['reason_for_call']}\n\n{said['task_instructions']}",
    }


def _matches_owner(owner: Mapping[str, Any], known: str) -> bool:
    name = f"{owner['name']['first_name']} {owner['name']['last_name']}"
    return owner["email"] in known or (name in known and owner["address"]["zip"] in known)


def _iter_report_lines(runs: list[int]) -> Iterator[str]:
    yield from measuring.iter_ticket_lines()
    yield from measuring.iter_step_lines()
    composed = Counter(Draft.objects.values_list("composed_by", flat=True))
    yield "drafts: " + ", ".join(f"{name or 'none'} {count}" for name, count in composed.items())
    queued = Refund.objects.filter(state="pending")
    total = queued.aggregate(total=Sum("amount"))["total"]
    yield f"refunds queued: {queued.count()}, {total} in total"
    spans = measuring.list_run_seconds(runs, "started_at")
    yield (
        f"seconds a ticket: p50 {measuring.compute_percentile(spans, 0.5):.2f}, p95 "
        f"{measuring.compute_percentile(spans, 0.95):.2f}"
    )


def _iter_drafts(count: int) -> Iterator[str]:
    for draft in Draft.objects.select_related("ticket").order_by("pk")[:count]:
        ticket = draft.ticket
        message = ticket.messages.first()
        yield f"\n=== {ticket} · {ticket.label_name or 'no label'} · {ticket.attention or 'ready'}"
        yield message.text if message else ""
        summary = ticket.receipts.filter(step="summarize").first()
        yield (
            f"--- summary: "
            f"{' '.join(c['text'] for c in summary.claims if c['kept']) if summary else ''}"
        )
        yield f"--- draft ({draft.composed_by or 'none'}):\n{draft.body}"
