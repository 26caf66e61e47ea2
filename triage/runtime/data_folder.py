"""What a running shop keeps beside its database: one folder, made before anything is served."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FOREIGN_MODE, PRIVATE_MODE = 0o711, 0o700
DATABASE_FOLDER = "postgres"  # PostgreSQL sees to its own


def prepare_data_folder() -> None:
    """Make the folders that the settings name, and those of a broker in files. From now on
    what this process makes is its owner's alone; what lay open before is closed.

    Raises ImproperlyConfigured where nothing can be written there.
    """
    from django.conf import settings

    from triage.runtime.broker import create_broker_folders

    os.umask(0o077)
    try:
        for folder in (settings.DATA, settings.STATIC_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
        if settings.CELERY_BROKER_URL.startswith("filesystem"):
            create_broker_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        restrict_data_folder(settings.DATA)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Nothing can be kept in {settings.DATA}: {error.strerror}. "
            "Let TRIAGE_DATA name a folder that can be written to."
        ) from error


def restrict_data_folder(data: Path) -> None:
    """Close the folder and what lies in it to everybody else on the machine.

    Where root runs the shop the private server runs as another user, who has to get through
    the folder to its own: it can be passed then, and still not be read.
    """
    _set_mode(data, FOREIGN_MODE if os.geteuid() == 0 else PRIVATE_MODE)
    for path in data.iterdir():
        if path.name != DATABASE_FOLDER and not path.is_symlink():
            _set_mode(path, PRIVATE_MODE if path.is_dir() else 0o600)


def _set_mode(path: Path, mode: int) -> None:
    """Set the mode, unless it is so already or the path is another user's, or gone."""
    with suppress(PermissionError, FileNotFoundError):
        if stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)


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
