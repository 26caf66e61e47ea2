"""The Celery application. The broker only wakes workers: the rows are the queue."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")

TRANSPORT_ALIASES["filesystem"] = "triage.runtime.filesystem_transport:Transport"
app = Celery("triage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_wrong_payment_settings(**kwargs: Any) -> None:
    """End a worker that could not pay refunds: Celery runs the system checks and ignores them."""
    from triage import checks

    if problem := checks.find_payment_problem():
        raise SystemExit(problem)
