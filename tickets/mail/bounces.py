"""Reports of mail servers about mails of ours: not delivered, delivered late, delivered.

RFC 3464 gives such reports fields for machines, in a ``message/delivery-status`` part; Exim's
older ones, qmail's and others only have words, above a copy of the mail's header. Both name
the mail by its Message-ID. Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Part
from enum import StrEnum
from pathlib import Path

from tickets.mail.mime import get_source_text, make_storable

MAX_TEXT_CHARS = 200_000  # characters of a part that are read
MAX_REASON_CHARS = 200
TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
MEANINGS: dict[str, str] = TABLE["meanings"]
WORDS: dict[str, list[str]] = TABLE["words"]
STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)
RETURNED_HEADERS = frozenset(
    {"message-id", "references", "in-reply-to", "reply-to", "to", "subject"}
)
SERVER_NAMES = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon"})


class Fate(StrEnum):
    """What became of a mail."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a server says of one mail. ``headers`` are those of the mail, by name in lower case.

    ``address`` is where it was to go, as the server had it, and ``because`` one line of why;
    each may be empty.
    """

    fate: Fate
    address: str
    because: str
    headers: dict[str, str]


def read_report(message: Part, text: str) -> Report | None:
    """The report in a mail with this body text; None where the mail is no such report."""
    parts = list(_iter_parts(message))
    status = [part for part in parts if part.get_content_type() in STATUS_TYPES]
    formal = message.get_content_type() == "multipart/report"
    if not (formal and status) and not is_server_mail(message):
        return None
    fields = _choose_fields([_read_part(part) for part in status])
    headers = _find_returned_headers(parts, text)
    if not fields and not headers and not message.get("X-Failed-Recipients"):
        return None
    return Report(
        fate=_find_fate(fields, f"{message.get('Subject', '')}\n{text}"),
        address=_find_address(fields, message, headers),
        because=make_storable(_explain_failure(fields, text))[:MAX_REASON_CHARS],
        headers=headers,
    )


def is_server_mail(message: Part) -> bool:
    """Whether a mail server wrote the mail, by its sender or return path."""
    if message.get("X-Failed-Recipients"):
        return True
    sender = str(message.get("From", "")).lower()
    words = sender.replace("<", " ").replace('"', " ").replace("@", " ").split()
    if SERVER_NAMES & set(words):
        return True
    submitted = str(message.get("Auto-Submitted", "")).lower()
    empty_path = "".join(str(message.get("Return-Path", "")).split()) == "<>"
    return empty_path and "replied" not in submitted


def _iter_parts(message: Part) -> Iterator[Part]:
    """The parts of a mail, not those of a mail within it."""
    yield message
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        return
    for child in message.get_payload():
        if isinstance(child, Part):
            yield from _iter_parts(child)


def _read_part(part: Part) -> str:
    return get_source_text(part)[:MAX_TEXT_CHARS]


def _choose_fields(texts: list[str]) -> dict[str, str]:
    """The fields of the recipient who fared worst."""
    blocks = [_read_lines(block.splitlines()) for text in texts for block in _split_blocks(text)]
    told = [block for block in blocks if "action" in block or "status" in block]
    ranks = {fate: rank for rank, fate in enumerate(Fate)}
    return min(told, key=lambda block: ranks[_read_action(block)], default={})


def _split_blocks(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(lines).split("\n\n")


def _read_lines(lines: list[str]) -> dict[str, str]:
    """Header lines as a table, continued lines joined, the first of a name."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (" ", "\t"):
            if name:
                found[name] += f" {line.strip()}"
            continue
        key, colon, value = line.partition(":")
        name = key.strip().lower() if colon and key.strip() and " " not in key.strip() else ""
        if name in found:
            name = ""
        elif name:
            found[name] = value.strip()
    return found


def _find_returned_headers(parts: list[Part], text: str) -> dict[str, str]:
    """The headers of our mail: in a part of their own, else where the text shows them."""
    for part in parts:
        if part.get_content_type() in RETURNED_TYPES:
            block = _read_part(part).lstrip().replace("\r\n", "\n").partition("\n\n")[0]
            return _select_returned(_read_lines(block.splitlines()))
    return _select_returned(_read_lines(_find_header_lines(text[:MAX_TEXT_CHARS].splitlines())))


def _find_header_lines(lines: list[str]) -> list[str]:
    """The lines around the returned Message-ID up to the blank ones, without marks of quoting."""
    bare = [line.lstrip("> ") if line.lstrip().startswith(">") else line for line in lines]
    named = [n for n, line in enumerate(bare) if line.strip().lower().startswith("message-id:")]
    if not named:
        return []
    start = end = named[0]
    while start and bare[start - 1].strip():
        start -= 1
    while end < len(bare) and bare[end].strip():
        end += 1
    margin = len(bare[named[0]]) - len(bare[named[0]].lstrip())
    return [line[margin:] for line in bare[start:end]]


def _select_returned(found: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in found.items() if name in RETURNED_HEADERS}


def _read_action(fields: dict[str, str]) -> Fate:
    action = fields.get("action", "").lower()
    if action.startswith(("delivered", "relayed", "expanded")):
        return Fate.DELIVERED
    if action.startswith("delayed") or (not action and fields.get("status", "")[:1] == "4"):
        return Fate.DELAYED
    return Fate.DELIVERED if not action and fields.get("status", "")[:1] == "2" else Fate.FAILED


def _find_fate(fields: dict[str, str], text: str) -> Fate:
    if fields:
        return _read_action(fields)
    said = " ".join(text[:MAX_TEXT_CHARS].partition("\nMessage-ID:")[0].lower().split())
    waits = any(phrase in said for phrase in WORDS["delayed"])
    ended = any(phrase in said for phrase in WORDS["gave_up"])
    return Fate.DELAYED if waits and not ended else Fate.FAILED


def _find_address(fields: dict[str, str], message: Part, headers: dict[str, str]) -> str:
    """The recipient: as we had it, else as the last server had it."""
    named = [fields.get("original-recipient", ""), fields.get("final-recipient", "")]
    named = [value.rpartition(";")[2] for value in named]
    named += [str(message.get("X-Failed-Recipients", "")).split(",")[0], headers.get("to", "")]
    found = (value.rpartition("<")[2].strip(" <>\"'") for value in named)
    return next((address for address in found if "@" in address and " " not in address), "")


def _explain_failure(fields: dict[str, str], text: str) -> str:
    """Why, in plain words where the status has any, then as the server put it."""
    status = fields.get("status", "").split(" ")[0] or _find_status(text)
    meaning = next((MEANINGS[key] for key in _list_prefixes(status) if key in MEANINGS), "")
    diagnostic = fields.get("diagnostic-code", "")
    kind, semicolon, said = diagnostic.partition(";")
    detail = " ".join((said if semicolon and " " not in kind.strip() else diagnostic).split())
    detail = detail or _find_answer_line(text) or status
    return f"{meaning} ({detail})" if meaning and detail else meaning or detail


def _list_prefixes(status: str) -> list[str]:
    parts = status.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 1, -1)]


def _find_status(text: str) -> str:
    """The first enhanced status code of a text, such as 5.1.1, or ""."""
    for word in text[:MAX_TEXT_CHARS].replace("#", " ").replace("-", " ").split():
        bare = word.strip("()[]<>,;:")
        digits = bare.split(".")
        if len(digits) == 3 and digits[0] in ("4", "5") and all(map(str.isdecimal, digits)):
            return bare
    return ""


def _find_answer_line(text: str) -> str:
    """The line of a text that shows what the other server answered, or ""."""
    for line in text[:MAX_TEXT_CHARS].splitlines():
        for word in line.replace("-", " ").replace("#", " ").split()[:12]:
            bare = word.strip("()[]<>,;:")
            if len(bare) == 3 and bare.isdecimal() and bare[0] in "45":
                return " ".join(line.split())
    return ""
