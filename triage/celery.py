"""The Celery application. The broker only wakes workers: the rows are the queue."""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")

TRANSPORT_ALIASES["filesystem"] = "triage.runtime.filesystem_transport:Transport"
app = Celery("triage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
