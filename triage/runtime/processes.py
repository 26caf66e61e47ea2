"""The processes of a running shop: web and workers, started, kept running, ended in order."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil
from django.conf import settings

from triage.runtime.postgres.base import is_private, start_private_server
from triage.runtime.postgres.refusals import UnusableDatabase

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 15  # seconds a process gets to finish what it is doing
GONE_SECONDS = 5  # seconds that a killed process takes at most until the system has cleared it away
SETTLED_SECONDS = 10  # seconds after which a process is past what a wrong setting ends it with
MAX_PAUSE_SECONDS = 30
LOOK_SECONDS = 0.3
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, kill, a closed terminal
PARENT_DIED_OPTION = 1  # PR_SET_PDEATHSIG of Linux, prctl(2)

Process = subprocess.Popen[bytes]


class EndedAtOnce(Exception):
    """A process ended as soon as it was started: a setting is wrong, and it says which."""


@dataclass
class Service:
    """A command that has to run. ``quick_ends`` counts how often in a row it ended by itself
    within ``SETTLED_SECONDS``; ``due`` is when it is started again, on the monotonic clock. One
    with a ``port`` is ready once it answers there, any other as soon as it runs.
    """

    name: str
    command: Sequence[str]
    port: int = 0
    process: Process | None = None
    began: float = 0.0
    due: float = 0.0
    quick_ends: int = 0
    has_settled: bool = False


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


def build_lane_services(workers: int) -> list[Service]:
    """The worker processes of a shop: so many for tickets, two for what keeps the shop going, and
    those for training, which give their memory back after each job.

    Where it matters that a killed process comes back, each is a worker of its own. The processes
    of one pool share a lock in which an idle one waits: killed there it takes the lock with it,
    and billiard's pool goes on with others that wait for ever.
    """
    training = build_worker_command(2, "--queues", "training", "--max-tasks-per-child", "1")
    return [
        *(_build_single(f"worker process {n}", "celery") for n in range(1, workers + 1)),
        _build_single("upkeep process 1", "upkeep", "--beat"),
        _build_single("upkeep process 2", "upkeep"),
        Service("training process", training),
    ]


def _build_single(name: str, queue: str, *options: str) -> Service:
    """A worker that does its work itself, one piece after the other."""
    hostname = f"{name.replace(' ', '-')}@%h"
    alone = ("--pool", "solo", "--hostname", hostname)
    return Service(name, build_worker_command(1, "--queues", queue, *alone, *options))


def build_worker_command(count: int, *options: str) -> list[str]:
    """A worker with ``count`` processes, for all queues where the options name none."""
    return [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "triage",
        "worker",
        *options,
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
        [sys.executable, *command],
        cwd=settings.BASE,
        env=environment,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def run_to_end(command: Sequence[str]) -> None:
    """Run a command of our interpreter and wait for it, so that its memory is given back.

    Raises SystemExit with its code where it failed; an end signal to us ends it first.
    """
    process = start_process(command)
    try:
        code = process.wait()
    finally:
        end_processes([process])
    if code:
        sys.exit(code)


def _end_with_parent() -> None:
    """In the child, on Linux: be asked to end where whoever started us is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIED_OPTION, int(signal.SIGTERM))


def raise_on_end_signals() -> None:
    """From now on every signal that asks us to end raises KeyboardInterrupt; under nohup the
    closed terminal does not.
    """
    for number in END_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise_interrupt)


def _raise_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def run_services(services: Sequence[Service], announce: Callable[[], None]) -> int:
    """Keep the services and the private database running until we are asked to end (0), or until
    one could not even begin (1); then end them all. Once all are ready, ``announce`` it.
    """
    raise_on_end_signals()
    keeper, announced = DatabaseKeeper(), False
    try:
        while True:
            for service in services:
                tend_service(service)
            if not announced and all(map(is_ready, services)):
                announce()
                announced = True
            keeper.tend_database()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return 0
    except EndedAtOnce as error:
        log.error("%s", error)
        return 1
    finally:
        for number in END_SIGNALS:  # a second Ctrl-C must not leave the rest running
            signal.signal(number, signal.SIG_IGN)
        end_processes([service.process for service in services if service.process])


def is_ready(service: Service) -> bool:
    """Whether it runs and, where it has a port, somebody answers there."""
    if service.process is None:
        return False
    with socket.socket() as probe:
        probe.settimeout(LOOK_SECONDS)
        return not service.port or probe.connect_ex(("127.0.0.1", service.port)) == 0


def tend_service(service: Service) -> None:
    """Start the service where it does not run and its pause is over. Raises EndedAtOnce."""
    now = time.monotonic()
    if service.process is None:
        if now >= service.due:
            service.process, service.began = start_process(service.command), now
        return
    code = service.process.poll()
    if now - service.began > SETTLED_SECONDS:
        service.has_settled, service.quick_ends = True, 0 if code is None else service.quick_ends
    if code is not None:
        _schedule_restart(service, code, now)


def _schedule_restart(service: Service, code: int, now: float) -> None:
    """Clear away what the service left, and say when it is started again: at once the first time,
    then after growing pauses. Raises EndedAtOnce.
    """
    assert service.process is not None  # noqa: S101  it has just ended
    _kill_group(service.process)
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    if code > 0 and not service.has_settled:
        raise EndedAtOnce(f"The {service.name} {how} as soon as it was started; see above for why.")
    is_quick = now - service.began < SETTLED_SECONDS
    pause = min(2**service.quick_ends, MAX_PAUSE_SECONDS) if service.quick_ends else 0
    service.quick_ends = service.quick_ends + 1 if is_quick else 0
    service.process, service.due = None, now + pause
    log.warning(
        "The %s %s and is started again%s.", service.name, how, f" in {pause} s" if pause else ""
    )


@dataclass
class DatabaseKeeper:
    """Starts the private database again where it died. ``trouble`` is what keeps it from that;
    it is said once, and starting is tried for as long as we run.
    """

    trouble: str = ""

    def tend_database(self) -> None:
        trouble = ""
        try:
            if is_private():
                start_private_server()
        except UnusableDatabase as error:
            trouble = str(error)
            if trouble != self.trouble:
                log.error("%s", trouble)
        self.trouble = trouble


def end_processes(processes: Sequence[Process]) -> None:
    """Ask each process to finish and kill what is left after ``SHUTDOWN_SECONDS``: its lease
    runs out, nothing is lost.
    """
    left = [child for process in processes for child in _list_children(process)]
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        _kill_group(process)
        process.wait()
    psutil.wait_procs(left, timeout=GONE_SECONDS)  # till then they use the private database


def _list_children(process: Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def _kill_group(process: Process) -> None:
    """Kill a process with its children, if it left any behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
