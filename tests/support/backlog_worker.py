"""A worker that takes what waits until nothing does: python -m tests.support.backlog_worker.

It says "ready" once its models are loaded, and is meant to be killed at any moment after that.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from tickets.queue import run_queue  # noqa: E402
from triage.pipeline import worker  # noqa: E402

PAUSE_SECONDS = 0.05


def main() -> None:
    worker.load_engines()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if (found := find_run()) is None:
            time.sleep(PAUSE_SECONDS)
        else:
            worker.answer_call(found)


def find_run() -> int | None:
    """What a killed worker left, before what waits."""
    left = run_queue.list_overdue_runs(1).first()
    return left.pk if left else run_queue.find_waiting_run()


if __name__ == "__main__":
    main()
