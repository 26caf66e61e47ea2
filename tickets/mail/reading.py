"""A raw mail, read: what it says, who wrote it, which thread it belongs to.

Anything a person could still read is kept: broken charsets, headers and encodings
are read as well as they can be, because a mail that is refused is a customer unheard.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as Part
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tickets.mail import html as markup
from tickets.mail import quoting
from tickets.mail.mime import File, read_body, storable

LARGEST_MAIL = 50 * 1024 * 1024
LONGEST_HEADER = 8_000
LONGEST_TEXT = 500_000  # characters; the raw mail has the rest
LONGEST_ID = 380
MOST_REFERENCES = 100

KNOWN_HEADERS = re.compile(
    r"bcc|cc|content-.+|date|delivered-to|from|in-reply-to|message-id|mime-version|received"
    r"|references|reply-to|return-path|sender|subject|to",
    re.IGNORECASE,
)
ID = re.compile(r"<[^<>\s]+>")
ADDRESS = re.compile(r"[^\s<>(),;:\"]{1,64}@[^\s<>(),;:\"]{1,190}")


class UnreadableMail(Exception):
    """These bytes are no mail: nothing of them was kept. Says why, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail. ``text``, ``quoted`` and ``signature`` are the parts of its body.

    ``message_id`` is never empty: a mail without one gets one from the digest of its
    bytes. ``date`` is when a server took it in, or else when the writer says; None where
    neither is told. ``automatic`` says why no person wrote it, or is empty.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_name: str
    from_email: str
    subject: str
    date: datetime | None
    text: str
    quoted: str
    signature: str
    html: str
    attachments: tuple[File, ...]
    automatic: str
    raw: bytes

    @property
    def is_automatic(self) -> bool:
        return bool(self.automatic)

    @property
    def sender(self) -> str:
        return self.from_email or self.from_name


class _Lenient(EmailPolicy):
    """The modern policy, but a header it trips over is read as plain text."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        value = value[:LONGEST_HEADER]
        try:
            return super().header_fetch_parse(name, value)
        except Exception:
            # The parser raises whatever it trips over: IndexError, AttributeError, RecursionError …
            return storable(" ".join(value.split()))


LENIENT = _Lenient()


def read_mail(raw: bytes, *, own_domain: str = "") -> Mail:
    """The mail in these bytes; a list at ``own_domain`` (help@ as a group) is not automatic.

    Raises UnreadableMail.
    """
    if len(raw) > LARGEST_MAIL:
        raise UnreadableMail(f"it is larger than {LARGEST_MAIL // 1024**2} MB")
    message = _parsed(raw)
    if not any(map(KNOWN_HEADERS.fullmatch, message.keys())):
        raise UnreadableMail("it has no mail header: no From, To, Subject or Date line at its top")
    body = read_body(message)
    text = body.text[:LONGEST_TEXT]
    parts = quoting.split(text)
    in_reply_to, references = _thread(message)
    if not parts.text.strip() and not in_reply_to:
        parts = quoting.Parts(text.strip("\n"), "", "")  # nothing but a quotation: read that
    name, address = _sender(message)
    return Mail(
        message_id=_message_id(message, raw),
        in_reply_to=in_reply_to,
        references=references,
        from_name=name[:200],
        from_email=address,
        subject=_line(message, "Subject")[:300],
        date=_date(message),
        text=storable(parts.text),
        quoted=storable(parts.quoted),
        signature=storable(parts.signature),
        html=storable(markup.clean(body.html)),
        attachments=body.files,
        automatic=_automatic(message, own_domain.lower()),
        raw=raw,
    )


def _parsed(raw: bytes) -> Part:
    try:
        return message_from_bytes(raw, policy=LENIENT)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        # A structure that cannot be followed: the body is then one text.
        return BytesHeaderParser(policy=LENIENT).parsebytes(raw)


# --- headers --------------------------------------------------------------------


def _line(message: Part, name: str) -> str:
    """The header as one line of decoded text, or ""."""
    return _one_line(str(message.get(name, "")))


def _one_line(text: str) -> str:
    return storable(" ".join(text.split()))


def _raw(message: Part, name: str) -> str:
    """The header as it stands in the mail: ids must not be decoded, folded or cut."""
    found = [str(value) for key, value in message.raw_items() if key.lower() == name]
    return storable(found[0]) if found else ""


def stable_id(found: str) -> str:
    """The id, or where it is too long to store its digest, so that replies still find it."""
    if len(found) <= LONGEST_ID:
        return found
    return f"<{hashlib.sha256(found.encode()).hexdigest()}@long.invalid>"


def derived_id(raw: bytes) -> str:
    return f"<{hashlib.sha256(raw).hexdigest()}@derived.invalid>"


def _message_id(message: Part, raw: bytes) -> str:
    header = _raw(message, "message-id")
    if found := ID.search(header):
        return stable_id(found[0])
    bare = header.strip().strip("<>")
    if bare and not re.search(r"[\s<>]", bare):
        return stable_id(f"<{bare}>")
    return derived_id(raw)


def _thread(message: Part) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References; of very many references the first and the last count."""
    replied = ID.findall(_raw(message, "in-reply-to"))
    found = [stable_id(each) for each in ID.findall(_raw(message, "references"))]
    if len(found) > MOST_REFERENCES:
        found = found[:1] + found[1 - MOST_REFERENCES :]
    return stable_id(replied[0]) if replied else "", tuple(found)


def _sender(message: Part) -> tuple[str, str]:
    """Name and address of the writer; each "" where it cannot be told."""
    for header in ("From", "Sender", "Reply-To", "Return-Path"):
        for parsed in getattr(message.get(header), "addresses", ()):
            if valid_address(parsed.addr_spec):
                return _one_line(parsed.display_name), parsed.addr_spec
        line = _line(message, header)
        if found := ADDRESS.search(line):
            return line.replace(found[0], "").strip(' "<>'), valid_address(found[0])
        if line and header == "From":
            return line, ""
    return "", ""


def valid_address(address: str) -> str:
    """The address, or "" where no mail could be sent to it."""
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def _date(message: Part) -> datetime | None:
    """When it came in. Our own server's stamp stands first and, unlike Date, is not the writer's."""
    stamps = [str(value).rpartition(";")[2] for value in message.get_all("Received", [])[:1]]
    for stamp in [*stamps, _line(message, "Date")]:
        try:
            moment = parsedate_to_datetime(stamp.strip())
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if moment.year >= 1980 and moment < datetime.now(UTC) + timedelta(days=1):
            return moment
    return None


def _automatic(message: Part, own_domain: str) -> str:
    """Why no person wrote this, or ""."""
    submitted = _line(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"it is marked Auto-Submitted: {submitted}"[:120]
    if message.get_content_type() == "multipart/report":
        return "it is a delivery report"
    if _line(message, "Return-Path") == "<>":
        return "it has no return path, as bounces have none"
    if _sender(message)[1].lower().partition("@")[0] in {"mailer-daemon", "postmaster"}:
        return "a mail server wrote it"
    if _line(message, "X-Autoreply") or _line(message, "X-Autorespond"):
        return "it is marked as an automatic reply"
    return _bulk(message, own_domain)


def _bulk(message: Part, own_domain: str) -> str:
    listed = _line(message, "List-Id")
    if listed and own_domain and own_domain in listed.lower():
        return ""  # help@ is a group of ours: its customers' mails carry its name
    if listed:
        return f"it came through the list {listed}"[:120]
    precedence = _line(message, "Precedence").lower()
    if precedence in {"bulk", "junk", "list", "auto_reply"}:
        return f"it is marked Precedence: {precedence}"
    return ""
