"""What a shop's new tickets ask, and how many drafts answer all of it: ``make bench-answers``.

A shop is a folder: policies, intents, customers, orders, saved replies, past conversations, and new
tickets whose questions were written down before any machine read them. It is opened in a database
of its own; its labels are learned from the past conversations.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from tests.support.second_shop import SECOND_SHOP, write_past

MIN_OVERLAP = 0.6  # of the words of the shorter one: so far two stretches are the same question
SEED = 7


def main() -> None:
    options = _parse_arguments()
    django.setup()
    _open_shop(options.shop, options.target)
    _work_tickets(options.shop)
    told = list(_read_results(options.shop))
    for line in _iter_figures(told):
        sys.stdout.write(f"{line}\n")
    if options.out:
        options.out.write_text(json.dumps(told, indent=1, ensure_ascii=False))
    for line in _iter_drawn(told, options.read):
        sys.stdout.write(f"{line}\n")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shop", type=Path, nargs="?", default=SECOND_SHOP)
    parser.add_argument("--target", type=float, default=0.95, help="of automatic labels right")
    parser.add_argument("--read", type=int, default=0, help="so many ready drafts, drawn by lot")
    parser.add_argument("--out", type=Path, help="a file for everything that was found")
    return parser.parse_args()


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _open_shop(folder: Path, target: float) -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tickets import access
    from triage.learning import versions
    from triage.models import Intent, Limit

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    access.ensure_groups()
    call_command("import_customers", folder / "customers.csv")
    call_command("import_orders", folder / "orders.jsonl")
    call_command("load_policies", folder / "policies")
    call_command("load_saved_replies", folder / "saved_replies.toml")
    Intent.objects.bulk_create(Intent(**row) for row in _read_lines(folder / "intents.jsonl"))
    with tempfile.TemporaryDirectory() as past:
        call_command("import_tickets", write_past(Path(past) / "past.jsonl"))
    admin = User.objects.create_user("bench")
    Limit.objects.create(step="classify", name="target", value=target)
    version = versions.train_version(by=admin)
    sys.stdout.write(f"{version.promise['sentence']}\n")
    versions.activate_version(version, by=admin, why="for the figures")


def _work_tickets(folder: Path) -> None:
    from django.core.management import call_command

    from tickets import intake

    fields = ("external_id", "channel", "email", "name", "subject", "body", "received_at")
    for row in _read_lines(folder / "tickets.jsonl"):
        intake.receive_ticket({name: row[name] for name in fields if name in row})
    call_command("triage")


def _read_results(folder: Path) -> Iterator[dict[str, Any]]:
    """Each ticket as annotated, with what the machine made of it."""
    from tickets.models import Ticket

    for row in _read_lines(folder / "tickets.jsonl"):
        ticket = Ticket.objects.get(external_id=row["external_id"])
        draft = ticket.drafts.order_by("pk").last()
        receipt = ticket.receipts.filter(step="answer").order_by("seq").last()
        yield {
            **row,
            "found_label": ticket.label,
            "status": ticket.status,
            "attention": ticket.attention,
            "draft": draft.body if draft else "",
            "tasks": draft.tasks if draft else [],
            "found": receipt.output.get("items", []) if receipt else [],
        }


def _iter_figures(told: Sequence[dict[str, Any]]) -> Iterator[str]:
    english = [row for row in told if not row.get("language")]
    yield from _iter_asked_figures(english)
    for name, rows in (
        ("deserve a reply", [row for row in told if row["deserves_reply"]]),
        ("English ones", [row for row in english if row["deserves_reply"]]),
        ("traps", [row for row in english if row.get("trap")]),
        ("other languages", [row for row in told if row.get("language")]),
    ):
        counts = Counter(_name_outcome(row) for row in rows)
        shares = ", ".join(
            f"{what} {count} ({count / len(rows):.0%})" for what, count in counts.most_common()
        )
        yield f"{name}: {len(rows)}; {shares}"
    labelled = [row for row in english if row["found_label"]]
    right = sum(row["found_label"] == row["label"] for row in labelled)
    yield f"labelled: {len(labelled)} of {len(english)}, {right} rightly"


def _name_outcome(row: dict[str, Any]) -> str:
    if row["status"] == "ready":
        return "ready"
    if not row["found"]:
        return "nothing read"
    return "partly" if row["draft"] else "findings"


def _iter_asked_figures(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How much of what is asked was found, by the words' overlap; implied wishes are left out."""
    wanted = found = right = hit = 0
    for row in rows:
        asked = [one["words"] for one in row["asked"] if not one.get("implied")]
        machine = [one["words"] for one in row["found"] if one["kind"] != "matter"]
        wanted, found = wanted + len(asked), found + len(machine)
        hit += sum(any(_is_same(one, other) for other in machine) for one in asked)
        every = [one["words"] for one in row["asked"]]
        right += sum(any(_is_same(one, other) for other in every) for one in machine)
    yield f"questions found: {hit} of {wanted} (recall {hit / wanted:.1%})"
    yield f"questions right: {right} of {found} (precision {right / found:.1%})"


def _is_same(one: str, other: str) -> bool:
    mine, theirs = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(mine & theirs) >= MIN_OVERLAP * max(1, min(len(mine), len(theirs)))


def _iter_drawn(told: Sequence[dict[str, Any]], count: int) -> Iterator[str]:
    """Ready drafts drawn by lot, each beside its message, to be read by a person."""
    ready = [row for row in told if row["status"] == "ready"]
    for row in random.Random(SEED).sample(ready, min(count, len(ready))):
        yield f"\n=== {row['external_id']} {row['subject']}\n{row['body']}"
        yield f"--- draft\n{row['draft']}"
        yield "\n".join(f"- {one['words']}: {one.get('answer', '')}" for one in row["asked"])


if __name__ == "__main__":
    main()
