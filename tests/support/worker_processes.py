"""Real worker processes for the tests that need them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from triage.runtime.processes import build_worker_command, end_processes

LEASE = 3  # seconds


def environment(folder: Path, broker: str) -> dict[str, str]:
    """Our own database, a broker of its own, a short lease."""
    database = connection.settings_dict
    url = os.environ.get("DATABASE_URL", "")
    base = {**os.environ, "TRIAGE_DATABASE": database["NAME"], "TRIAGE_DATA": str(settings.DATA)}
    if url:
        base["DATABASE_URL"] = f"{url.rsplit('/', 1)[0]}/{database['NAME']}"
    return {
        **base,
        "DJANGO_SETTINGS_MODULE": "triage.settings",
        "CELERY_BROKER_URL": broker,
        "TRIAGE_BROKER": str(folder / "broker"),
        "TRIAGE_LEASE_SECONDS": str(LEASE),
        "EMAIL_URL": f"filemail:///{folder / 'outbox'}",
        "OMP_NUM_THREADS": "1",
    }


def wait_for(what: Callable[[], bool], seconds: int = 90) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


@contextmanager
def worker(env: dict[str, str]) -> Iterator[None]:
    """One worker process with its beat, ended afterwards."""
    command = [sys.executable, *build_worker_command(1, "--beat")]
    process = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        yield
    finally:
        end_processes([process])
