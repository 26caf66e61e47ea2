"""What `make run` runs: prepare what is missing, then web and workers until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from triage.demo import load as demo
from triage.runtime.processes import start, watch, web_command, worker_command


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
        running = [start(command) for command in (web_command(port), worker_command(workers))]
        self._say(f"\nOpen http://localhost:{port}/ and end with Ctrl-C.")
        if not no_demo:
            self._say(f"Sign in as {demo.sign_ins()}.")
        sys.exit(watch(running))

    def _prepare(self, *, with_demo: bool) -> None:
        """Each part only where it is missing, with a line that says what takes time."""
        self._say("Preparing the database …")
        call_command("migrate", verbosity=0, skip_checks=False)
        call_command("createcachetable", verbosity=0)
        self._say("Collecting the pages' files …")
        call_command("collectstatic", interactive=False, verbosity=0)
        if with_demo and not demo.is_there():
            self._say("Opening the demo shop and training its classifier …")
            demo.load(progress=True)

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
