"""A shop's first day: its past conversations in, learned, tried and switched on. ``make
bench-first-day``.

Each part is timed, and what the page would say is printed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from tests.support.second_shop import ROWS, SECOND_SHOP, write_past


def main() -> None:
    django.setup()
    _open_shop()
    from django.contrib.auth.models import User

    admin = User.objects.create_user("bench")
    with tempfile.TemporaryDirectory() as folder:
        past = str(write_past(Path(folder) / "past.jsonl"))
        learned = _time("import, learning and preview", lambda: _do("past", admin, file=past))
    wanted = _choose(learned)
    switched = _time("switching on", lambda: _do("switch on", admin, **wanted, why="the figures"))
    _say(f"{learned['sentence']} {len(learned['labels'])} labels, {learned['replies']} replies.")
    tried = learned["preview"]
    _say(f"Of {tried['tickets']}: {tried['labelled']} labelled, {tried['right']} as the team had.")
    _say(tried["promise"])
    _say(f"{tried['ready']} with every question answered, {tried['reworded']} more once reworded.")
    _say(f"{switched['sentence']} {switched['promise']}")


def _open_shop() -> None:
    from django.core.management import call_command

    from tickets import access

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    access.ensure_groups()
    for name, command in zip(ROWS, ("import_customers", "import_orders"), strict=True):
        call_command(command, SECOND_SHOP / name)
    call_command("load_policies", SECOND_SHOP / "policies")


def _do(kind: str, admin: Any, **wanted: Any) -> dict[str, Any]:
    """The result of such a job."""
    from triage.models import Job
    from triage.pipeline import jobs

    job = jobs.request_job(kind, by=admin, **wanted)
    if not jobs.execute_job(job.pk):
        raise SystemExit(Job.objects.get(pk=job.pk).error)
    return dict(Job.objects.get(pk=job.pk).result)


def _choose(learned: dict[str, Any]) -> dict[str, Any]:
    """What the page ticks by itself: every label, and the replies without a doubt."""
    from triage.models import ReplyProposal

    replies = ReplyProposal.objects.filter(state="open", doubts=[], like=None)
    labels = [label["slug"] for label in learned["labels"]]
    return {"labels": labels, "replies": list(replies.values_list("pk", flat=True))}


def _time(what: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.perf_counter()
    found = work()
    _say(f"{what}: {time.perf_counter() - began:.0f} s")
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
