"""A worker that is killed in the middle of one step: python -m tests.dying_worker STEP."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import Any

import django

django.setup()

from triage import pipeline  # noqa: E402
from triage.celery import app  # noqa: E402


def main(fatal: str) -> None:
    perform = pipeline.perform

    def dying(step: Any, *args: Any) -> Any:
        """The model has answered; while its answer is checked, the worker is gone."""
        if step.name == fatal:
            step = replace(step, check=_die)
        return perform(step, *args)

    pipeline.perform = dying  # type: ignore[assignment]
    app.worker_main(["worker", "--pool", "solo", "--without-gossip", "--without-mingle"])


def _die(*args: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
