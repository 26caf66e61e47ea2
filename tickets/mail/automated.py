"""What a mail's header says of itself: that a machine sent it, to many, or that it is spam.

Pure. A header is the sender's own word, so these are evidence and never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

LONGEST = 65_536  # bytes of a header that are read
SERVERS = frozenset({"mailer-daemon", "postmaster"})
BULK = frozenset({"bulk", "junk", "list"})


def marks_of(sender: str, raw: bytes) -> tuple[str, ...]:
    """The marks (keys of ``signs.MARKS``) of one mail; ``raw`` may be empty or broken."""
    header = BytesHeaderParser(policy=compat32).parsebytes(raw[:LONGEST])
    return tuple(dict.fromkeys(_marks(sender, header)))


def in_all(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The marks of several messages; none where one of them has none: it is not buried."""
    return tuple(dict.fromkeys(mark for marks in found for mark in marks)) if all(found) else ()


def _marks(sender: str, header: Message) -> Iterator[str]:
    kind = header.get_content_type()
    if kind == "multipart/report" or kind == "message/delivery-status":
        yield "a delivery report"
    local = re.split(r"[<\s]", sender.strip())[-1].partition("@")[0].lower()
    if local in SERVERS or _line(header, "Return-Path") == "<>":
        yield "written by a mail server"
    precedence = _line(header, "Precedence")
    submitted = _line(header, "Auto-Submitted")
    replied = _line(header, "X-Autoreply") or _line(header, "X-Autorespond")
    if replied or precedence == "auto_reply" or (submitted and not submitted.startswith("no")):
        yield "an automatic reply"
    if _line(header, "X-Spam-Flag").startswith("yes"):
        yield "marked as spam on its way"
    if precedence in BULK:
        yield "sent in bulk"
    if _line(header, "List-Unsubscribe"):
        yield "a newsletter"


def _line(header: Message, name: str) -> str:
    return " ".join(str(header.get(name, "")).split()).lower()
