"""A worker that is killed in the middle of one step: python -m tests.support.dying_worker STEP."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import django

django.setup()

from triage.celery import app  # noqa: E402
from triage.contract.step import EngineError  # noqa: E402
from triage.pipeline import runner  # noqa: E402


def main(fatal: str) -> None:
    perform = runner.climb_ladder

    def dying(step: Any, *args: Any) -> Any:
        if step.name == fatal:
            step = replace(step, run=partial(_answer_and_die, step.run))
        return perform(step, *args)

    runner.climb_ladder = dying  # type: ignore[assignment]
    app.worker_main(["worker", "--pool", "solo", "--without-gossip", "--without-mingle"])


def _answer_and_die(run: Any, *args: Any) -> None:
    """The engine has done its work; nothing of it is checked or written yet."""
    with suppress(EngineError):
        run(*args)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
