"""The Celery application. The broker only wakes workers: the rows are the queue."""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.concurrency import solo
from celery.signals import after_setup_logger, after_setup_task_logger, worker_init, worker_ready
from kombu.transport import TRANSPORT_ALIASES

from triage.runtime.beat_keeper import KeepBeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")

TRANSPORT_ALIASES["filesystem"] = "triage.runtime.filesystem_transport:Transport"
app = Celery("triage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(KeepBeat)


@worker_init.connect
def refuse_wrong_payment_settings(**kwargs: Any) -> None:
    """End a worker that could not pay refunds: Celery runs the system checks and ignores them."""
    from triage import checks

    if problem := checks.find_payment_problem():
        raise SystemExit(problem)


@worker_ready.connect
def load_engines(sender: Any, **kwargs: Any) -> None:
    """Load what reads tickets before the first call for one, in a worker of the tickets' lane."""
    lanes = sender.app.amqp.queues.consume_from
    if "celery" in lanes and isinstance(sender.pool, solo.TaskPool):
        from triage.pipeline import worker

        worker.load_engines()


@after_setup_logger.connect
@after_setup_task_logger.connect
def shorten_faults(logger: logging.Logger, **kwargs: Any) -> None:
    """Celery has log handlers of its own: they say faults of the machine short too."""
    from triage.runtime.machine_faults import SayFaultsShort

    for handler in logger.handlers:
        handler.addFilter(SayFaultsShort())
