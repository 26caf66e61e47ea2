"""Parsing a raw mail: its text, its writer, and the thread it belongs to.

Anything a person could still read is kept: broken charsets, headers and encodings
are read as well as they can be, because a mail that is refused is a customer unheard.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message as Part

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tickets.mail import html as markup
from tickets.mail import quoting
from tickets.mail.containers import OLE_SIGNATURE, UnopenedContainer, open_msg
from tickets.mail.headers import find_comment_name
from tickets.mail.hidden_words import join_hidden, split_hidden_text
from tickets.mail.mail_dates import parse_mail_date
from tickets.mail.mime import File, read_body
from tickets.mail.parsing import KNOWN_HEADERS, find_hints, make_storable, parse_message

MAX_MAIL_BYTES = 50 * 1024 * 1024
MAX_TEXT_CHARS = 500_000  # characters; the raw mail has the rest
MAX_ID_CHARS = 380
MAX_REFERENCES = 100

ID_PATTERN = re.compile(r"<[^<>\s]+>")
ADDRESS_PATTERN = re.compile(r"[^\s<>(),;:\"]{1,64}@[^\s<>(),;:\"]{1,190}")


class UnreadableMail(Exception):
    """These bytes are no mail: nothing of them was kept. Says why, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail. ``text``, ``quoted`` and ``signature`` are the parts of its body; ``hidden`` are
    the words of it that could not be seen, which are in none of these.

    ``message_id`` is never empty: a mail without one gets one from the digest of its
    bytes. ``date`` is when a server took it in, or else when the writer says; None where
    neither is told. ``automatic`` says why no person wrote it, or is empty. ``notes`` are
    sentences for the agent on what could not be read.
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
    notes: tuple[str, ...] = ()
    hidden: str = ""

    @property
    def is_automatic(self) -> bool:
        return bool(self.automatic)

    @property
    def sender(self) -> str:
        return self.from_email or self.from_name


def read_mail(raw: bytes, *, own_domain: str = "") -> Mail:
    """The mail in these bytes; a list at ``own_domain`` (help@ as a group) is not automatic.

    Raises UnreadableMail.
    """
    if len(raw) > MAX_MAIL_BYTES:
        raise UnreadableMail(f"it is larger than {MAX_MAIL_BYTES // 1024**2} MB")
    message = parse_message(_open_saved_mail(raw))
    if not any(map(KNOWN_HEADERS.fullmatch, message.keys())):
        raise UnreadableMail("it has no mail header: no From, To, Subject or Date line at its top")
    body = read_body(message)
    said = split_hidden_text(body.text[:MAX_TEXT_CHARS])
    subject = split_hidden_text(_read_header_line(message, "Subject"))
    text = said.seen
    parts = quoting.split_body(text)
    in_reply_to, references = _read_thread_ids(message)
    if not parts.text.strip() and not in_reply_to:
        parts = quoting.BodyParts(text.strip("\n"), "", "")  # nothing but a quotation: read that
    name, address = _find_sender(message)
    return Mail(
        message_id=_find_message_id(message, raw),
        in_reply_to=in_reply_to,
        references=references,
        from_name=name[:200],
        from_email=address,
        subject=subject.seen[:300],
        date=_find_received_time(message),
        text=make_storable(parts.text),
        quoted=make_storable(parts.quoted),
        signature=make_storable(parts.signature),
        html=make_storable(markup.clean_html(body.html)),
        attachments=body.files,
        automatic=_find_automatic_reason(message, own_domain.lower()),
        raw=raw,
        notes=tuple(map(make_storable, body.notes)),
        hidden=make_storable(join_hidden((subject.hidden, body.hidden, said.hidden)))[
            :MAX_TEXT_CHARS
        ],
    )


def _open_saved_mail(raw: bytes) -> bytes:
    """The mail; one that Outlook saved as .msg is opened. Raises UnreadableMail."""
    if not raw.startswith(OLE_SIGNATURE):
        return raw
    try:
        return open_msg(raw)
    except UnopenedContainer as closed:
        raise UnreadableMail(f"{closed}: save it as .eml and import it again") from closed


def _read_header_line(message: Part, name: str) -> str:
    """The header as one line of decoded text, or ""."""
    return _collapse_whitespace(str(message.get(name, "")))


def _collapse_whitespace(text: str) -> str:
    return make_storable(" ".join(text.split()))


def _read_raw_header(message: Part, name: str) -> str:
    """The header as it stands in the mail: ids must not be decoded, folded or cut."""
    found = [str(value) for key, value in message.raw_items() if key.lower() == name]
    return make_storable(found[0]) if found else ""


def shorten_long_id(found: str) -> str:
    """The id, or where it is too long to store its digest, so that replies still find it."""
    if len(found) <= MAX_ID_CHARS:
        return found
    return f"<{hashlib.sha256(found.encode()).hexdigest()}@long.invalid>"


def derive_message_id(raw: bytes) -> str:
    return f"<{hashlib.sha256(raw).hexdigest()}@derived.invalid>"


def _find_message_id(message: Part, raw: bytes) -> str:
    header = _read_raw_header(message, "message-id")
    if found := ID_PATTERN.search(header):
        return shorten_long_id(found[0])
    bare = header.strip().strip("<>")
    if bare and not re.search(r"[\s<>]", bare):
        return shorten_long_id(f"<{bare}>")
    return derive_message_id(raw)


def _read_thread_ids(message: Part) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References; of very many references the first and the last count."""
    replied = ID_PATTERN.findall(_read_raw_header(message, "in-reply-to"))
    found = [
        shorten_long_id(each)
        for each in ID_PATTERN.findall(_read_raw_header(message, "references"))
    ]
    if len(found) > MAX_REFERENCES:
        found = found[:1] + found[1 - MAX_REFERENCES :]
    return shorten_long_id(replied[0]) if replied else "", tuple(found)


def _find_sender(message: Part) -> tuple[str, str]:
    """Name and address of the writer; each "" where it cannot be told."""
    for header in ("From", "Sender", "Reply-To", "Return-Path"):
        for parsed in getattr(message.get(header), "addresses", ()):
            if clean_address(parsed.addr_spec):
                name = parsed.display_name or find_comment_name(
                    message, header, find_hints(message)
                )
                return _collapse_whitespace(name), parsed.addr_spec
        line = _read_header_line(message, header)
        if found := ADDRESS_PATTERN.search(line):
            return line.replace(found[0], "").strip(' "<>'), clean_address(found[0])
        if line and header == "From":
            return line, ""
    return "", ""


def clean_address(address: str) -> str:
    """The address, or "" where no mail could be sent to it."""
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def _find_received_time(message: Part) -> datetime | None:
    """When the mail came in, in UTC; None where that cannot be told.

    Our own server's stamp stands first and, unlike Date, is not the writer's.
    """
    stamps = [str(value).rpartition(";")[2] for value in message.get_all("Received", [])[:1]]
    for stamp in [*stamps, _read_header_line(message, "Date")]:
        moment = parse_mail_date(stamp)
        if moment and moment.year >= 1980 and moment < datetime.now(UTC) + timedelta(days=1):
            return moment
    return None


def _find_automatic_reason(message: Part, own_domain: str) -> str:
    """Why no person wrote this, or ""."""
    submitted = _read_header_line(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"it is marked Auto-Submitted: {submitted}"[:120]
    if message.get_content_type() == "multipart/report":
        return "it is a delivery report"
    if _read_header_line(message, "Return-Path") == "<>":
        return "it has no return path, as bounces have none"
    if _find_sender(message)[1].lower().partition("@")[0] in {"mailer-daemon", "postmaster"}:
        return "a mail server wrote it"
    if _read_header_line(message, "X-Autoreply") or _read_header_line(message, "X-Autorespond"):
        return "it is marked as an automatic reply"
    return _find_bulk_reason(message, own_domain)


def _find_bulk_reason(message: Part, own_domain: str) -> str:
    """Why it is bulk mail, or ""."""
    listed = _read_header_line(message, "List-Id")
    if listed and own_domain and own_domain in listed.lower():
        return ""  # help@ is a group of ours: its customers' mails carry its name
    if listed:
        return f"it came through the list {listed}"[:120]
    precedence = _read_header_line(message, "Precedence").lower()
    if precedence in {"bulk", "junk", "list", "auto_reply"}:
        return f"it is marked Precedence: {precedence}"
    return ""
