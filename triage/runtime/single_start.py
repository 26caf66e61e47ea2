"""One shop on a folder of data: a lock that the system drops however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_NAME = "running"


class AlreadyRunning(Exception):
    """Another process runs the shop of this folder; nothing of it was touched."""


@contextmanager
def claim_data_folder(folder: Path, address: str) -> Iterator[None]:
    """Be the one that runs the shop on this folder. ``address`` tells others where it is.

    Raises AlreadyRunning. A file that a killed process left is no lock.
    """
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(_describe_holder(file.read(), folder)) from error
        file.truncate()
        file.write(f"{os.getpid()} {address}\n")
        file.flush()
        yield
        file.truncate(0)


def _describe_holder(said: str, folder: Path) -> str:
    pid, _, address = said.strip().partition(" ")
    where = f" at {address} (process {pid})" if address else ""
    return (
        f"This shop runs already{where}. Open it there, or end it with Ctrl-C where it was "
        f"started. For a second shop let TRIAGE_DATA name another folder than {folder}."
    )
