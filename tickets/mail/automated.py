"""Evidence in a mail's header: that a machine sent it, to many, or that it is spam.

Pure. A header is the sender's own word, so these are evidence and never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

MAX_HEADER_BYTES = 65_536  # bytes of a header that are read
MAIL_SERVER_NAMES = frozenset({"mailer-daemon", "postmaster"})
BULK_PRECEDENCES = frozenset({"bulk", "junk", "list"})


def find_header_marks(sender: str, raw: bytes) -> tuple[str, ...]:
    """The marks (keys of ``MARK_WEIGHTS``) of one mail; ``raw`` may be empty or broken."""
    header = BytesHeaderParser(policy=compat32).parsebytes(raw[:MAX_HEADER_BYTES])
    return tuple(dict.fromkeys(_iter_marks(sender, header)))


def combine_marks(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The marks of several messages together; none where one of them has none: a message that a
    person wrote is not buried.
    """
    return tuple(dict.fromkeys(mark for marks in found for mark in marks)) if all(found) else ()


def _iter_marks(sender: str, header: Message) -> Iterator[str]:
    kind = header.get_content_type()
    if kind == "multipart/report" or kind == "message/delivery-status":
        yield "a delivery report"
    local = re.split(r"[<\s]", sender.strip())[-1].partition("@")[0].lower()
    if local in MAIL_SERVER_NAMES or _get_header_line(header, "Return-Path") == "<>":
        yield "written by a mail server"
    precedence = _get_header_line(header, "Precedence")
    submitted = _get_header_line(header, "Auto-Submitted")
    replied = _get_header_line(header, "X-Autoreply") or _get_header_line(header, "X-Autorespond")
    if replied or precedence == "auto_reply" or (submitted and not submitted.startswith("no")):
        yield "an automatic reply"
    if _get_header_line(header, "X-Spam-Flag").startswith("yes"):
        yield "marked as spam on its way"
    if precedence in BULK_PRECEDENCES:
        yield "sent in bulk"
    if _get_header_line(header, "List-Unsubscribe"):
        yield "a newsletter"


def _get_header_line(header: Message, name: str) -> str:
    return " ".join(str(header.get(name, "")).split()).lower()
