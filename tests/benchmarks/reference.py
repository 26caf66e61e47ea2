"""What 374 tickets leave behind, as digests: a change of structure must not change one of them.

    make reference DATA=../shared/data             # compare with the reference
    make reference DATA=../shared/data FREEZE=1    # write it anew

The demo shop's 300 tickets and the 74 tasks of ``DATA/tau3_retail`` go through all steps at a
fixed moment, each shop in a database of its own. Times, durations and the chain's own digests
are left out; everything else of each receipt counts, and so do the draft, the ticket and its
refund requests. The encoder's last digits belong to the kind of processor: freeze and compare
on the same one.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import django

MOMENT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
REFERENCE = Path(__file__).with_name("reference.json")
SHOPS = ("demo", "tau3")
VOLATILE = {"seq", "at", "previous_sha256", "body_sha256", "latency_ms", "run_id", "ticket_id"}
DIGEST_CHARS = 16


def main() -> int:
    options = _parse_arguments()
    if options.shop:
        _write_bodies(options)
        return 0
    found = _format_reference(_work_shops(options))
    if options.freeze:
        REFERENCE.write_text(found)
        return 0
    return _report_differences(found, REFERENCE.read_text())


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("bodies", type=Path, help="a folder for what the digests are of")
    parser.add_argument("--freeze", action="store_true", help="write the reference anew")
    parser.add_argument("--shop", choices=SHOPS, help="work this shop alone and write its bodies")
    return parser.parse_args()


# A trigger keeps receipts from being cleared away, so each shop has a database of its own.
def _work_shops(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    options.bodies.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.benchmarks.reference", options.data, options.bodies]
    workers = [
        subprocess.Popen(
            [*map(str, command), "--shop", shop],
            env={**os.environ, "TRIAGE_DATABASE": f"reference_{shop}"},
        )
        for shop in SHOPS
    ]
    exits = [worker.wait() for worker in workers]
    if any(exits):
        sys.exit("A shop could not be worked: see its message above.")
    files = [options.bodies / f"{shop}.json" for shop in SHOPS]
    return {name: parts for file in files for name, parts in json.loads(file.read_text()).items()}


def _format_reference(tickets: dict[str, dict[str, Any]]) -> str:
    """A ticket a line, so that a difference names its ticket and its step."""
    digests = {
        name: {part: _digest_body(body) for part, body in parts.items()}
        for name, parts in tickets.items()
    }
    lines = [f"{json.dumps(name)}: {json.dumps(parts)}" for name, parts in digests.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _digest_body(body: object) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARS]


def _report_differences(found: str, frozen: str) -> int:
    changes = list(difflib.unified_diff(frozen.splitlines(), found.splitlines(), n=0, lineterm=""))
    changed = sum(line.startswith("+") for line in changes[2:])
    tickets = found.count("\n") - 2
    sys.stdout.write("\n".join([*changes, f"{changed} of {tickets} tickets differ"]) + "\n")
    return 1 if changes else 0


# --- one shop -----------------------------------------------------------------------------


def _write_bodies(options: argparse.Namespace) -> None:
    django.setup()
    from django.core.management import call_command

    _stop_the_clock()
    with mock.patch("django.utils.timezone.now", return_value=MOMENT):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if options.shop == "demo":
            _open_demo_shop()
        else:
            _open_tau3_shop(options.data / "tau3_retail")
        bodies = dict(_work_everything())
    text = json.dumps(bodies, indent=1, sort_keys=True, ensure_ascii=False)
    (options.bodies / f"{options.shop}.json").write_text(text)


def _stop_the_clock() -> None:
    """Fields hold the function itself as their default, out of reach of a patch by name."""
    from django.apps import apps
    from django.utils import timezone

    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.default is timezone.now:
                field.default = lambda: MOMENT


def _open_demo_shop() -> None:
    from triage.demo import load as demo

    demo.load_demo()


def _open_tau3_shop(folder: Path) -> None:
    from django.contrib.auth.models import User

    from tests.benchmarks.refunds import tau_shop
    from triage.learning import versions

    tau_shop.set_up_shop(folder)
    admin = User.objects.create_user("bench")
    versions.activate_version(versions.train_version(by=admin), by=admin, why="for the reference")
    for task in tau_shop.load_labelled_tasks(folder):
        tau_shop.send_task(task)


def _work_everything() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each ticket by its outer name, with every receipt by its step, and what came of it."""
    from tqdm import tqdm

    from tickets.models import Run
    from triage.pipeline import worker as pipeline_worker

    runs = Run.objects.filter(state="queued").order_by("pk").select_related("ticket")
    for run in tqdm(list(runs), desc="all steps", disable=None):
        pipeline_worker.execute_run(run.pk)
        run.ticket.refresh_from_db()
        yield str(run.ticket.external_id), _describe_run(run)


def _describe_run(run: Any) -> dict[str, Any]:
    from tickets.audit import receipts
    from tickets.audit.canonical_json import make_json_safe

    parts = {
        row.step: _stable_body(receipts.build_body(row)) for row in run.receipts.order_by("seq")
    }
    return {**parts, "outcome": make_json_safe(_describe_outcome(run))}


def _stable_body(body: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in VOLATILE}
    kept["tried"] = [{**rung, "milliseconds": 0} for rung in kept["tried"]]
    if "fingerprint" in kept["output"]:  # it covers the digests of receipts, which hold durations
        kept["output"] = {**kept["output"], "fingerprint": ""}
        kept["output_sha256"] = ""
    return kept


def _describe_outcome(run: Any) -> dict[str, Any]:
    ticket = run.ticket
    refunds = run.refunds.order_by("pk")
    return {
        "ticket": [ticket.status, ticket.attention, ticket.label, ticket.urgency, ticket.mood],
        "drafts": list(run.drafts.values_list("composed_by", "body", "parts")),
        "refunds": list(
            refunds.values_list(
                "order__number", "amount", "remedy", "state", "reasons", "terms", "lines", "risk"
            )
        ),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
    sys.exit(main())
