"""The broker that needs no server: a folder of messages, which only wake workers."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

EXCHANGES = ("celery", "celeryev")


def build_filesystem_options(folder: Path) -> dict[str, Any]:
    """Make the folders; return the transport options for kombu's filesystem transport."""
    for name in ("queue", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for exchange in EXCHANGES:
        _create_atomically(folder / "control" / f"{exchange}.exchange", "[]")
    return {
        "data_folder_in": folder / "queue",
        "data_folder_out": folder / "queue",
        "control_folder": folder / "control",
        "polling_interval": 0.1,  # the default second would be most of a ticket's time
    }


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
