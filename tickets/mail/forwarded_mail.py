"""A customer's mail that a colleague forwarded: what it says, who wrote it, what was put above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Part

from tickets.mail import quoting, senders
from tickets.mail.hidden_words import split_hidden_text
from tickets.mail.mime import File, read_body
from tickets.mail.parsing import list_children, parse_message
from tickets.mail.quote_heads import HeaderBlock, find_header_block
from tickets.mail.senders import Writer

MAX_TEXT_CHARS = 500_000
MAX_LINES_READ = 5_000


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A forwarded mail. ``remark`` is what the colleague wrote above it."""

    writer: Writer
    body: quoting.BodyParts
    remark: str
    files: tuple[File, ...] = ()


def find_forward(raw: bytes, own_address: str) -> Forward | None:
    """The mail of somebody else in these bytes; None where there is none, or where it was
    answered: the mail went to its writer too.
    """
    message = parse_message(raw)
    text = split_hidden_text(read_body(message).text[:MAX_TEXT_CHARS]).seen
    found = _find_inline(text, own_address) or _find_attached(message, text, own_address)
    if found is None:
        return None
    named = [one for name in ("To", "Cc") for one in senders.read_mailboxes(message, name)]
    written = senders.strip_tag(found.writer.email)
    return None if written in {senders.strip_tag(one.email) for one in named} else found


def _find_inline(text: str, own_address: str) -> Forward | None:
    """A forwarded mail below its headers in the text, the first that is not from one of us."""
    lines = text.split("\n")
    for block in _iter_blocks(lines):
        writer = senders.parse_mailbox(block.sender)
        if not _is_somebody_else(writer, own_address):
            continue
        above = quoting.split_body("\n".join(lines[: block.start]))
        below = lines[block.end :]
        if lines[block.start].lstrip().startswith(">"):
            below = [line.lstrip().removeprefix(">").removeprefix(" ") for line in below]
        body = quoting.split_body("\n".join(below))
        return Forward(writer=writer, body=body, remark=_drop_divider(above.text))
    return None


def _iter_blocks(lines: list[str]) -> Iterator[HeaderBlock]:
    end = 0
    for index in range(min(len(lines), MAX_LINES_READ)):
        if index >= end and (block := find_header_block(lines, index)):
            end = block.end
            yield block


def _drop_divider(remark: str) -> str:
    """The remark without the line of dashes, or with a colon, that programs put below it."""
    lines = remark.rstrip().split("\n")
    last = lines[-1].strip()
    if last.startswith(("--", "__", "==")) or (len(lines) > 1 and last.endswith((":", "："))):
        lines.pop()
    return "\n".join(lines).strip()


def _find_attached(message: Part, text: str, own_address: str) -> Forward | None:
    """The first attached mail that is not from one of us."""
    if message.get_content_type() == "multipart/report":
        return None
    for part in list_children(message):
        mails = list_children(part) if part.get_content_type() == "message/rfc822" else []
        for inner in mails:
            writer = senders.find_sender(inner)
            if _is_somebody_else(writer, own_address):
                body = read_body(inner)
                parts = quoting.split_body(split_hidden_text(body.text[:MAX_TEXT_CHARS]).seen)
                remark = quoting.split_body(text).text
                return Forward(writer=writer, body=parts, remark=remark, files=body.files)
    return None


def _is_somebody_else(writer: Writer, own_address: str) -> bool:
    address = senders.strip_tag(writer.email)
    own_domain = senders.get_own_domain(own_address)
    if not address or senders.is_machine(address) or address == own_address.lower():
        return False
    return not own_domain or address.partition("@")[2] != own_domain
