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

from tickets.mail import bounces, quoting, senders
from tickets.mail import html as markup
from tickets.mail.automated import find_automatic_reason
from tickets.mail.containers import OLE_SIGNATURE, UnopenedContainer, open_msg
from tickets.mail.hidden_words import join_hidden, split_hidden_text
from tickets.mail.mail_dates import parse_mail_date
from tickets.mail.mime import File, read_body
from tickets.mail.parsing import KNOWN_HEADERS, make_storable, parse_message

MAX_MAIL_BYTES = 50 * 1024 * 1024
MAX_TEXT_CHARS = 500_000  # characters; the raw mail has the rest
MAX_ID_CHARS = 380
MAX_REFERENCES = 100

RECIPIENT_HEADERS = (
    "To",
    "Cc",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "Resent-To",
)
ID_PATTERN = re.compile(r"<[^<>\s]+>")


class UnreadableMail(Exception):
    """These bytes are no mail: nothing of them was kept. Says why, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail. ``text``, ``quoted`` and ``signature`` are the parts of its body; ``hidden`` are
    the words of it that could not be seen, which are in none of these.

    ``message_id`` is never empty: a mail without one gets one from the digest of its
    bytes. ``date`` is when a server took it in, or else when the writer says; None where
    neither is told. ``automatic`` says why no person wrote it, or is empty; ``report`` is what a
    server says of a mail of ours. ``answered_ids`` are the mails it answers, nearest first,
    ``recipients`` the addresses it went to, ``forwarded_by`` the colleague who forwarded it.
    ``notes`` are sentences for the agent on what could not be read.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    answered_ids: tuple[str, ...]
    recipients: tuple[str, ...]
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
    report: bounces.Report | None
    raw: bytes
    notes: tuple[str, ...] = ()
    forwarded_by: str = ""
    hidden: str = ""

    @property
    def is_automatic(self) -> bool:
        return bool(self.automatic)

    @property
    def sender(self) -> str:
        return self.from_email or self.from_name


def read_mail(raw: bytes, *, own_address: str = "") -> Mail:
    """The mail in these bytes. ``own_address`` is the one we write from: a list at its domain
    (help@ as a group) is not automatic, and what it sent may be a form's.

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
    replied, references = _read_thread_ids(message)
    in_reply_to = replied[0] if replied else ""
    if not parts.text.strip() and not in_reply_to:
        parts = quoting.BodyParts(text.strip("\n"), "", "")  # nothing but a quotation: read that
    writer = senders.find_writer(message, text, own_address)
    sender = senders.find_sender(message)
    return Mail(
        message_id=_find_message_id(message, raw),
        in_reply_to=in_reply_to,
        references=references,
        answered_ids=tuple(dict.fromkeys([*replied, *reversed(references)])),
        recipients=_list_recipients(message),
        from_name=writer.name[:200],
        from_email=writer.email,
        subject=subject.seen[:300],
        date=_find_received_time(message),
        text=make_storable(parts.text),
        quoted=make_storable(parts.quoted),
        signature=make_storable(parts.signature),
        html=make_storable(markup.clean_html(body.html)),
        attachments=body.files,
        automatic=find_automatic_reason(message, sender, own_address.partition("@")[2]),
        report=bounces.read_report(message, text),
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


def _read_thread_ids(message: Part) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of In-Reply-To and References; of very many the first and the last count.

    Old programs put words around the id (RFC 5322 4.5.4), where it stands last.
    """
    replied = find_ids(_join_raw_headers(message, "in-reply-to"))
    return _shorten_list(replied[::-1]), _shorten_list(
        find_ids(_join_raw_headers(message, "references"))
    )


def _shorten_list(found: list[str]) -> tuple[str, ...]:
    found = [shorten_long_id(each) for each in found]
    if len(found) > MAX_REFERENCES:
        found = found[:1] + found[1 - MAX_REFERENCES :]
    return tuple(found)


def find_ids(header: str) -> list[str]:
    """Every id of a header in its order; where none has its brackets, words with an @."""
    bracketed = [part.partition(">") for part in header.split("<")[1:]]
    found = ["<" + "".join(inner.split()) + ">" for inner, end, _ in bracketed if end]
    found = [each for each in found if len(each) > 2]
    return found or [f"<{word}>" for word in header.replace(",", " ").split() if "@" in word]


def _join_raw_headers(message: Part, name: str) -> str:
    found = [str(value) for key, value in message.raw_items() if key.lower() == name]
    return make_storable(" ".join(found))


def _list_recipients(message: Part) -> tuple[str, ...]:
    """The addresses that a mail went to, by its header or by the servers on its way."""
    found = [
        one.email for name in RECIPIENT_HEADERS for one in senders.read_mailboxes(message, name)
    ]
    return tuple(dict.fromkeys(filter(None, found)))


def _find_received_time(message: Part) -> datetime | None:
    """When the mail came in, in UTC; None where that cannot be told.

    Our own server's stamp stands first and, unlike Date, is not the writer's.
    """
    stamps = [str(value).rpartition(";")[2] for value in message.get_all("Received", [])[:1]]
    # The policy reads a Date itself, and takes a zone of a form it does not know for none.
    for stamp in [*stamps, _read_raw_header(message, "date"), _read_header_line(message, "Date")]:
        moment = parse_mail_date(stamp)
        if moment and moment.year >= 1980 and moment < datetime.now(UTC) + timedelta(days=1):
            return moment
    return None
