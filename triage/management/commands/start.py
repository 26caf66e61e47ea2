"""What `make run` runs: prepare what is missing, then web and workers until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from triage.demo import load as demo
from triage.models import Classifier

PATIENCE = 15  # seconds a process gets to finish what it is doing


class Command(BaseCommand):
    help = (
        "Start the web server and the workers together; on the first start, fill in the demo shop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
        parser.add_argument("--no-demo", action="store_true", help="start with an empty shop")

    def handle(self, *, port: int, workers: int, no_demo: bool, **options: Any) -> None:
        _refuse_busy(port)
        if workers > (os.cpu_count() or 1):
            raise CommandError(
                f"{workers} workers are more than the {os.cpu_count()} cores: each needs one."
            )
        self._prepare(with_demo=not no_demo)
        processes = [_start(command) for command in (_web(port), _worker(workers))]
        self._say(f"\nOpen http://localhost:{port}/ and end with Ctrl-C.")
        if not no_demo:
            self._say(f"Sign in as {demo.sign_ins()}.")
        sys.exit(_watch(processes))

    def _prepare(self, *, with_demo: bool) -> None:
        """Each part only where it is missing, with a line that says what takes time."""
        self._say("Preparing the database …")
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        self._say("Collecting the pages' files …")
        call_command("collectstatic", interactive=False, verbosity=0)
        if with_demo and not demo.is_there():
            self._say("Opening the demo shop …")
            demo.load(progress=True)
        if with_demo and not Classifier.objects.exists():
            self._say("Training the classifier …")
            call_command("train_classifier", stdout=self.stdout)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken: try `make run PORT={port + 1}`.") from error


def _web(port: int) -> list[str]:
    return [
        "-m", "gunicorn", "triage.wsgi", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--threads", "8",
        "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip


def _worker(count: int) -> list[str]:
    return [
        "-m", "celery", "-A", "triage", "worker", "--beat", "--concurrency", str(count),
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    ]  # fmt: skip


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C comes to us and we end it in order."""
    threads = str(settings.TRIAGE_MODEL_THREADS)
    environment = {**os.environ, "OMP_NUM_THREADS": threads}
    return subprocess.Popen(  # noqa: S603  our own interpreter and arguments
        [sys.executable, *command], env=environment, start_new_session=True
    )


def _watch(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait for Ctrl-C, or for one to end by itself; end the others; the exit code."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.3)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _end(processes)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # what it held comes back with its lease
