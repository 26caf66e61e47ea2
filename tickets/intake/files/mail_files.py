"""Raw mails: one file, a folder of them, or an mbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError

from tickets.intake.files.loop import Item
from tickets.mail.parsing import HEADER_LINE
from tickets.mail.reading import MAX_MAIL_BYTES

MailItem = Item[bytes]

# "From ana@shop.example Sat Mar 14 09:30:00 2026" after a blank line begins a mail; where no
# blank line is, or the date has another form, a header must follow.
SEPARATOR_TIME = re.compile(rb"From .*\b\d{1,2}:\d{2}")
SEPARATOR_DATE = re.compile(rb"From \S*.*\b\d{1,2}:\d{2}(?::\d{2})?.*\b\d{4}\b")
QUOTED_FROM_LINE = re.compile(rb">+From ")
UTF_8_MARK = b"\xef\xbb\xbf"
CHUNK_BYTES = 1024 * 1024


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
            is_mbox = _is_mbox(file.read(CHUNK_BYTES))
            file.seek(0)
            if is_mbox:
                yield from _read_mbox(_iter_lines(file), path)
            else:
                yield Item(str(path), file.read(MAX_MAIL_BYTES + 1))
    except OSError as error:
        yield Item(str(path), problem=f"it cannot be read: {error.strerror}")


def _is_mbox(start: bytes) -> bool:
    """Whether a file begins with a separator, and not with a header as ``From : Ana``."""
    top = start.removeprefix(UTF_8_MARK).lstrip(b"\r\n")
    return top.startswith(b"From ") and not HEADER_LINE.match(top)


def _iter_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, from the first that is not blank; CR alone ends a line too where the
    file knows no other end.
    """
    start = file.read(CHUNK_BYTES)
    file.seek(0)
    lines = iter(file) if b"\n" in start else _split_at_returns(file)
    for line in lines:
        first = line.removeprefix(UTF_8_MARK)
        if first.strip():
            yield first
            break
    yield from lines


def _split_at_returns(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while piece := file.read(CHUNK_BYTES):
        *lines, rest = (rest + piece).split(b"\r")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _read_mbox(found: Iterator[bytes], path: Path) -> Iterator[MailItem]:
    """The mails of an mbox, each from the line after its separator."""
    lines: list[bytes] = []
    size, start, blank = 0, 1, True
    ahead = chain(found, [b""])
    line = next(ahead)
    for number, after in enumerate(ahead, 1):
        if number == 1 or _is_separator(line, after, is_after_blank=blank):
            if number > 1:
                yield _build_mail_item(lines, size, f"{path}:{start}")
            lines, size, start = [], 0, number
        else:
            size += len(line)
            if size <= MAX_MAIL_BYTES:
                lines.append(line[1:] if QUOTED_FROM_LINE.match(line) else line)
        blank = not line.strip()
        line = after
    yield _build_mail_item(lines, size, f"{path}:{start}")


def _is_separator(line: bytes, after: bytes, *, is_after_blank: bool) -> bool:
    """Whether a line parts two mails; ``after`` is the line below it."""
    if not line.startswith(b"From ") or HEADER_LINE.match(line[:6]):
        return False
    if is_after_blank and SEPARATOR_DATE.match(line):
        return True
    return bool(SEPARATOR_TIME.match(line) and HEADER_LINE.match(after))


def _build_mail_item(lines: list[bytes], size: int, place: str) -> MailItem:
    if size > MAX_MAIL_BYTES:
        return Item(place, problem=f"it is larger than {MAX_MAIL_BYTES // 1024**2} MB")
    if lines and not lines[-1].strip():
        lines = lines[:-1]  # the blank line belongs to the separator
    return Item(place, b"".join(lines))
