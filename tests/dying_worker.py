"""A worker that is killed in the middle of one step: python -m tests.dying_worker STEP."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

django.setup()

from triage import pipeline  # noqa: E402
from triage.celery import app  # noqa: E402


def main(fatal: str) -> None:
    perform = pipeline.perform

    def dying(step: Any, *args: Any) -> Any:
        result = perform(step, *args)
        if step.name == fatal:  # the model has answered, the receipt is not written yet
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    pipeline.perform = dying  # type: ignore[assignment]
    app.worker_main(["worker", "--pool", "solo", "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    main(sys.argv[1])
