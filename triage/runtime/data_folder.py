"""What a running shop keeps beside its database: one folder, made before anything is served."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def prepare_data_folder() -> None:
    """Make the folders that the settings name, and those of a broker in files.

    Raises ImproperlyConfigured where nothing can be written there.
    """
    from django.conf import settings

    from triage.runtime.broker import create_broker_folders

    try:
        for folder in (settings.DATA, settings.STATIC_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
        if settings.CELERY_BROKER_URL.startswith("filesystem"):
            create_broker_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Nothing can be kept in {settings.DATA}: {error.strerror}. "
            "Let TRIAGE_DATA name a folder that can be written to."
        ) from error


def load_or_create_secret(path: Path, length: int = 50) -> str:
    """A random text made once and kept readable by its owner only; ``length`` in bytes."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(length))
        with suppress(FileExistsError):  # another process was first: its secret holds
            path.hardlink_to(part)
        part.unlink()
    return path.read_text()
