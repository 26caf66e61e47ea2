"""The broker that needs no server: a folder of messages, which only wake workers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXCHANGES = ("celery", "celeryev")


def create_broker_folders(options: Mapping[str, Any]) -> None:
    """Make the folders that the options of kombu's filesystem transport name, and in them the
    files of the exchanges.
    """
    queue, control = options["data_folder_in"], options["control_folder"]
    for folder in (queue, control):
        folder.mkdir(parents=True, exist_ok=True)
    for exchange in EXCHANGES:
        _create_atomically(control / f"{exchange}.exchange", "[]")


def _create_atomically(path: Path, content: str) -> None:
    """Create a file with its content in one act, unless it is there.

    kombu creates an exchange's file empty and fills it then: worker and beat, started
    together, read it empty and die.
    """
    part = path.with_suffix(f".{uuid.uuid4().hex}")
    part.write_text(content)
    try:
        path.hardlink_to(part)
    except FileExistsError:
        if not path.stat().st_size:  # left by a process that died
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
