"""What `make run` runs: prepare what is missing, then web and workers until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from triage.demo import load as demo
from triage.pipeline import registry
from triage.runtime.postgres.roles import PRIVATE_SERVER
from triage.runtime.processes import (
    Service,
    build_lane_services,
    build_web_command,
    raise_on_end_signals,
    run_services,
    run_to_end,
)
from triage.runtime.progress import show_progress
from triage.runtime.single_start import AlreadyRunning, claim_data_folder

INTERRUPTED = 130  # what a shell says of a command that Ctrl-C ended


class Command(BaseCommand):
    help = (
        "Start the web server and the workers together; on the first start, fill in the demo shop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
        parser.add_argument("--no-demo", action="store_true", help="start with an empty shop")

    def handle(self, *, port: int, workers: int, no_demo: bool, **options: Any) -> None:
        raise_on_end_signals()
        address = f"http://localhost:{port}/"
        try:
            with claim_data_folder(settings.DATA, address):
                self._run_site(port, workers, with_demo=not no_demo)
        except AlreadyRunning as running:
            raise CommandError(str(running)) from running
        except KeyboardInterrupt:
            self._write_line("Ended before it was ready. Nothing is left half done.")
            sys.exit(INTERRUPTED)

    def _run_site(self, port: int, workers: int, *, with_demo: bool) -> None:
        """Prepare the site and run it until it is ended. Raises SystemExit with the code."""
        _check_port_free(port)
        if workers > (os.cpu_count() or 1):
            raise CommandError(
                f"{workers} workers are more than the {os.cpu_count()} cores: each needs one."
            )
        self._prepare_site(with_demo=with_demo)
        sign_ins = f"Sign in as {demo.describe_sign_ins()}.\n" if with_demo else ""
        connections.close_all()
        said = f"\nOpen http://localhost:{port}/ and end with Ctrl-C.\n{sign_ins}"
        web = Service("web server", build_web_command(port), port=port)
        sys.exit(run_services([web, *build_lane_services(workers)], lambda: self._write(said)))

    def _prepare_site(self, *, with_demo: bool) -> None:
        """Migrate, collect static files, and load the demo where it is missing."""
        with show_progress(self._write, "Preparing the database"):
            call_command("migrate", verbosity=0, skip_checks=False)
            call_command("createcachetable", verbosity=0)
        if settings.DATABASES["default"].get("OPTIONS", {}).get("private"):
            self._write_line(PRIVATE_SERVER)
        with show_progress(self._write, "Collecting the pages' files"):
            call_command("collectstatic", interactive=False, verbosity=0)
        if not registry.has_encoder_graph():
            with show_progress(self._write, "Preparing the models"):
                run_to_end(["manage.py", "prepare_models", "--verbosity", "0"])
        if with_demo and (demo.is_half_loaded() or not demo.has_data()):
            self._write_line("Opening the demo shop …")
            run_to_end(["manage.py", "load_demo", "--verbosity", "0"])

    def _write_line(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()


def _check_port_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken: try `make run PORT={port + 1}`.") from error
