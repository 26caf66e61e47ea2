"""The lines of a file as text, whatever ends them, and why bytes are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

MAX_LINE_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
UTF8_MARK = b"\xef\xbb\xbf"
LOST_BYTES = re.compile(r"[\udc80-\udcff]")
"""Bytes that are not UTF-8, as reading keeps them: halves of characters."""

Progress = Callable[[int], object]


class LineTooLong(Exception):
    """A line of more than ``MAX_LINE_BYTES``: what follows it in the file is not read."""

    def __init__(self) -> None:
        super().__init__(
            f"the line is longer than {MAX_LINE_BYTES // 1024**2} MB, and nothing after it was"
            " read: look for missing line ends or a quote that is not closed"
        )


def iter_lines(file: BinaryIO, advance: Progress) -> Iterator[str]:
    """Lines with their ends (LF, CRLF or CR); bytes that are not UTF-8 stay visible.

    ``advance`` is told the bytes read. Raises LineTooLong.
    """
    first = True
    for line in _iter_byte_lines(file, advance):
        yield (line.removeprefix(UTF8_MARK) if first else line).decode("utf-8", "surrogateescape")
        first = False


def _iter_byte_lines(file: BinaryIO, advance: Progress) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(CHUNK_BYTES):
        advance(len(chunk))
        pieces = (rest + chunk).splitlines(keepends=True)
        # An end of CR may be the half of a CRLF: it waits for what comes next.
        rest = b"" if pieces[-1].endswith(b"\n") else pieces.pop()
        yield from pieces
        if len(rest) > MAX_LINE_BYTES:
            raise LineTooLong
    if rest:
        yield rest


def find_text_problem(text: str) -> str:
    """Why it is no text that can be kept, as the end of a sentence; empty where it can."""
    if LOST_BYTES.search(text):
        return "is not UTF-8: save the file as UTF-8"
    if "\0" in text:
        return "has a NUL byte, which is no text: write it anew"
    return ""
