"""Raw bytes as a mail with parts: what programs do wrong around the header is put right here."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message as Part
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

from tickets.mail.headers import decode_header, find_charset_labels, quote_encoded_words

MAX_HEADER_CHARS = 8_000
MAX_PARTS = 5_000
MAX_KEPT_HEADERS = 256  # a part is asked for its kind a dozen times, which takes 0.3 ms each
MAX_BLOCK_BYTES = 262_144  # bytes at the top of a mail in which a broken header is mended
TEXT_HEADERS = frozenset({"subject", "comments", "list-id", "x-mailer"})
KNOWN_HEADERS = re.compile(
    r"bcc|cc|content-.+|date|delivered-to|from|in-reply-to|message-id|mime-version|received"
    r"|references|reply-to|return-path|sender|subject|to",
    re.IGNORECASE,
)
HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")
TRANSFER_ENCODINGS = {
    "base64": "base64",
    "b64": "base64",
    "quotedprintable": "quoted-printable",
    "qp": "quoted-printable",
    "xuuencode": "x-uuencode",
    "uuencode": "uuencode",
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class LenientPolicy(EmailPolicy):
    """The modern policy, but with words in every charset that programs write, and a header that
    it trips over is read as plain text.
    """

    charset_hints: tuple[str, ...] = ()

    def header_fetch_parse(self, name: str, value: str) -> Any:
        value = value[:MAX_HEADER_CHARS]
        if name.lower() in TEXT_HEADERS:
            return make_storable(decode_header(value, self.charset_hints))
        return _parse_header(name, quote_encoded_words(value, self.charset_hints))


LENIENT_POLICY = LenientPolicy()


@lru_cache(maxsize=MAX_KEPT_HEADERS)
def _parse_header(name: str, value: str) -> Any:
    try:
        return LENIENT_POLICY.header_factory(name, value)
    except Exception:
        # The parser raises whatever it trips over: IndexError, AttributeError, RecursionError …
        return make_storable(" ".join(value.split()))


def make_storable(text: str) -> str:
    """The text as PostgreSQL takes it: without NUL and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def parse_message(raw: bytes) -> Part:
    """The mail with its parts. Each part knows the charsets that the others name."""
    raw = clean_framing(raw)
    try:
        message = message_from_bytes(raw, policy=LENIENT_POLICY)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        # A structure that cannot be followed: the body is then one text.
        message = BytesHeaderParser(policy=LENIENT_POLICY).parsebytes(raw)
    parts = list_parts(message)
    labels = find_charset_labels(message, parts)
    policy = LENIENT_POLICY.clone(charset_hints=labels)  # type: ignore[call-arg]  # takes any
    for part in parts:
        part.policy = policy
        _correct_encoding(part)
    return message


def _correct_encoding(part: Part) -> None:
    """Give a part the transfer encoding that its program meant: ``base-64``, ``"base64"``, ``QP``
    and names with a comment or a semicolon behind them.
    """
    for key, value in part.raw_items():
        if key.lower() == "content-transfer-encoding":
            word = str(value).replace('"', " ").partition("(")[0].partition(";")[0].lower()
            letters = "".join(letter for letter in word if letter.isalnum())
            if letters in TRANSFER_ENCODINGS:
                part.replace_header(key, TRANSFER_ENCODINGS[letters])
            return


def list_children(part: Part) -> list[Part]:
    """The parts of a multipart, or the mail in a mail."""
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def list_parts(message: Part) -> list[Part]:
    """The mail and all its parts, at most MAX_PARTS, however deep they are nested."""
    found = [message]
    for part in found:
        found += list_children(part)[: MAX_PARTS - len(found)]
    return found


def find_hints(part: Part) -> tuple[str, ...]:
    """The charsets that the mail of this part names."""
    return getattr(part.policy, "charset_hints", ())


def clean_framing(raw: bytes) -> bytes:
    """The mail without what editors and servers put before its header or between its lines."""
    if raw.startswith(UTF_16_MARKS):
        raw = raw.decode("utf-16", "replace").encode()
    raw = _cut_counted_mail(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\0"))
    head = raw[:MAX_BLOCK_BYTES]
    if b"\n" not in head:
        raw = raw.replace(b"\r", b"\n")
    elif head.count(b"\r\r\n") > head.count(b"\n") // 2:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    first, mark, rest = raw.partition(b"\n")
    if mark and first.startswith((b"From ", b">From ")) and not HEADER_LINE.match(first):
        raw = rest  # the separator of the mbox that the mail was cut from
    return _clean_header(raw)


def _cut_counted_mail(raw: bytes) -> bytes:
    """The mail of an .emlx file of Apple's, whose first line is its length in bytes and which ends
    with a list of properties.
    """
    first, mark, rest = raw[:20].partition(b"\n")
    if not mark or not first.strip().isdigit():
        return raw
    start = len(first) + 1
    return raw[start : start + int(first)] if rest else raw


def _clean_header(raw: bytes) -> bytes:
    """The mail with each line of its header as a header: blanks before the colon left out, and
    a broken line between headers joined to the one above, or left out where it is the first.
    """
    lines = raw[:MAX_BLOCK_BYTES].split(b"\n")
    kept: list[bytes] = []
    seen: set[bytes] = set()
    for at, line in enumerate(lines[:-1]):
        found = HEADER_LINE.match(line)
        if found:
            seen.add(found[1].lower())
            kept.append(found[1] + b":" + line[found.end() :])
        elif line.startswith((b" ", b"\t")) and line.strip() and kept:
            kept.append(line)
        elif line.strip() and _is_header_start(lines[at + 1], seen):
            kept += [b" " + line] if kept else []
        else:
            return b"\n".join(kept + lines[at:]) + raw[MAX_BLOCK_BYTES:]
    return b"\n".join(kept + lines[-1:]) + raw[MAX_BLOCK_BYTES:]


def _is_header_start(line: bytes, seen: set[bytes]) -> bool:
    """Whether a line is a header of a mail that has not been there yet."""
    found = HEADER_LINE.match(line)
    name = found[1].decode("latin-1").lower() if found else ""
    return bool(KNOWN_HEADERS.fullmatch(name)) and name.encode("latin-1") not in seen
