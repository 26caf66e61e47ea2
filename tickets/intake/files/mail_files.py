"""Raw mails: one file, a folder of them, or an mbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError

from tickets.intake.files.loop import Item
from tickets.mail.reading import MAX_MAIL_BYTES

MailItem = Item[bytes]

# "From ana@shop.example Sat Mar 14 09:30:00 2026" after a blank line begins a mail.
MBOX_SEPARATOR = re.compile(rb"From \S*.*\b\d{1,2}:\d{2}(?::\d{2})?.*\b\d{4}\b")
QUOTED_FROM_LINE = re.compile(rb">+From ")


def read_mails(path: Path) -> Iterator[MailItem]:
    """Each mail with its place; a folder is read with the folders in it. Raises CommandError."""
    if not path.exists():
        raise CommandError(f"{path} is not there: name a mail, a folder or an mbox file.")
    if not path.is_dir():
        yield from _read_file(path)
        return
    for found in sorted(path.rglob("*")):
        if found.is_file() and not found.name.startswith("."):
            yield from _read_file(found)


def _read_file(path: Path) -> Iterator[MailItem]:
    try:
        with path.open("rb") as file:
            if file.read(5) == b"From ":
                file.seek(0)
                yield from _read_mbox(file, path)
            else:
                file.seek(0)
                yield Item(str(path), file.read(MAX_MAIL_BYTES + 1))
    except OSError as error:
        yield Item(str(path), problem=f"it cannot be read: {error.strerror}")


def _read_mbox(file: BinaryIO, path: Path) -> Iterator[MailItem]:
    """The mails of an mbox, each from the line after its separator."""
    lines: list[bytes] = []
    size, start, blank = 0, 1, True
    for number, line in enumerate(file, 1):
        if blank and line.startswith(b"From ") and (number == 1 or MBOX_SEPARATOR.match(line)):
            if number > 1:
                yield _build_mail_item(lines, size, f"{path}:{start}")
            lines, size, start = [], 0, number
        else:
            size += len(line)
            if size <= MAX_MAIL_BYTES:
                lines.append(line[1:] if QUOTED_FROM_LINE.match(line) else line)
        blank = not line.strip()
    yield _build_mail_item(lines, size, f"{path}:{start}")


def _build_mail_item(lines: list[bytes], size: int, place: str) -> MailItem:
    if size > MAX_MAIL_BYTES:
        return Item(place, problem=f"it is larger than {MAX_MAIL_BYTES // 1024**2} MB")
    if lines and not lines[-1].strip():
        lines = lines[:-1]  # the blank line belongs to the separator
    return Item(place, b"".join(lines))
