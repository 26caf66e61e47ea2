"""The processes of a running shop: web and workers, started and ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings

SHUTDOWN_SECONDS = 15  # seconds a process gets to finish what it is doing

Process = subprocess.Popen[bytes]


def build_web_command(port: int) -> list[str]:
    return [
        "-m",
        "gunicorn",
        "triage.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--no-control-socket",
        "--log-level",
        "warning",
    ]


def build_worker_command(count: int) -> list[str]:
    return [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "triage",
        "worker",
        "--beat",
        "--concurrency",
        str(count),
        "--without-gossip",
        "--without-mingle",
        "--loglevel",
        "WARNING",
    ]


def start_process(command: Sequence[str]) -> Process:
    """Start a command of our interpreter in a session of its own, so that Ctrl-C comes to us
    alone and we end it in order.
    """
    threads = str(settings.TRIAGE_MODEL_THREADS)
    environment = {**os.environ, "OMP_NUM_THREADS": threads}
    return subprocess.Popen(  # noqa: S603  our own interpreter and arguments
        [sys.executable, *command], cwd=settings.BASE, env=environment, start_new_session=True
    )


def watch_processes(processes: Sequence[Process]) -> int:
    """Wait for Ctrl-C (0) or for one to end by itself (1); then end the others."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _raise_interrupt)
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.3)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end_processes(processes)


def _raise_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def end_processes(processes: Sequence[Process]) -> None:
    """Ask each process to finish and kill what is left after ``SHUTDOWN_SECONDS``: its lease
    runs out, nothing is lost.
    """
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):  # its children too, if it left any behind
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
