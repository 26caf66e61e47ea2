"""A worker's beat is a process of its own, which Celery starts once: here it is started again."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # seconds between two looks whether it lives


class KeepBeat(bootsteps.StartStopStep):
    """Without the beat nothing sweeps: a killed one would stop all that a lost call left."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Beat")

    def start(self, worker: Any) -> None:
        self.tick = worker.timer.call_repeatedly(LOOK_SECONDS, start_missing_beat, (worker,))

    def stop(self, worker: Any) -> None:
        if tick := getattr(self, "tick", None):
            tick.cancel()
        if worker.beat:
            worker.beat.terminate()


def start_missing_beat(worker: Any) -> None:
    """Start the worker's beat again where it has one and it ended."""
    if worker.beat is None or worker.beat.is_alive():
        return
    from celery.beat import EmbeddedService  # web processes know of this step and have no beat

    log.warning("The beat of the workers had ended and was started again.")
    worker.beat = EmbeddedService(
        worker.app, schedule_filename=worker.schedule_filename, scheduler_cls=worker.scheduler
    )
    worker.beat.start()
