"""The parts of a mail: its text, its HTML and its attached files."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from email.message import Message as Part
from html import escape

from tickets.mail import html as markup

MAX_DEPTH = 30
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


@dataclass(frozen=True)
class File:
    """Something attached to a message."""

    name: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Body:
    """The body of a mail as text and as (uncleaned) HTML, and the files with it."""

    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()


def make_storable(text: str) -> str:
    """The text as PostgreSQL takes it: without NUL and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def read_body(part: Part, depth: int = 0) -> Body:
    """The text, HTML and files of a part and those in it. Mails inside a mail are files."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        return _read_forwarded_mail(part, depth)
    if part.is_multipart() and depth < MAX_DEPTH:
        children = [read_body(child, depth + 1) for child in _list_children(part)]
        return (
            _choose_alternative(children)
            if kind == "multipart/alternative"
            else _join_bodies(children)
        )
    if depth and _is_file(part):
        return Body(files=(_build_file(part),))
    content = _decode_text(part)
    if kind == "text/html":
        return Body(text=markup.extract_text(content), html=content)
    return Body(text=content)


def _read_forwarded_mail(part: Part, depth: int) -> Body:
    """A mail in a mail: a file, and where it is all there is, its text too."""
    inner = (
        Body() if depth else _join_bodies([read_body(child, 1) for child in _list_children(part)])
    )
    return Body(inner.text, inner.html, (_build_file(part), *inner.files))


def _list_children(part: Part) -> list[Part]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def _choose_alternative(children: list[Body]) -> Body:
    """One body of several versions: the first text that is not blank, the last HTML."""
    plain = [child.text for child in children if child.text.strip() and not child.html]
    texts = plain or [child.text for child in children if child.text.strip()]
    htmls = [child.html for child in children if child.html.strip()]
    files = tuple(file for child in children for file in child.files)
    return Body(texts[0] if texts else "", htmls[-1] if htmls else "", files)


def _join_bodies(children: list[Body]) -> Body:
    """The bodies one after the other; where one has HTML, the others are shown in it too."""
    said = [child for child in children if child.text.strip() or child.html.strip()]
    html = ""
    if any(child.html for child in said):
        html = "\n".join(child.html or _convert_to_html(child.text) for child in said)
    files = tuple(file for child in children for file in child.files)
    return Body("\n\n".join(child.text for child in said), html, files)


def _convert_to_html(text: str) -> str:
    return "<p>" + escape(text.strip()).replace("\n", "<br>") + "</p>"


def _is_file(part: Part) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    kind = part.get_content_type()  # a multipart that could not be taken apart is read as text
    return kind not in {"text/plain", "text/html"} and not kind.startswith("multipart/")


def _decode_text(part: Part) -> str:
    """The text of a part, in the charset it names or the first that fits."""
    data = _get_payload_bytes(part)
    named = str(part.get_content_charset() or "").lower()
    for charset in (named, "utf-8", "cp1252"):
        if not charset or charset.replace("-", "_") in NOT_CHARSETS:
            continue
        try:
            return data.decode(charset)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _get_payload_bytes(part: Part) -> bytes:
    """The decoded payload; of a part that was never taken apart, the payload as it came."""
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        return data
    return b"\n\n".join(_get_source_bytes(child) for child in _list_children(part))


def _get_source_bytes(part: Part) -> bytes:
    try:
        return part.as_bytes()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return str(part.get_payload()).encode("utf-8", "replace")  # headers that cannot be written


def _build_file(part: Part) -> File:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        subject = " ".join(str(child.get("Subject", "")) for child in _list_children(part))
        return File(
            _clean_file_name(f"{subject.strip() or 'attached message'}.eml"),
            kind,
            _get_payload_bytes(part),
        )
    name = str(part.get_filename() or f"attachment{mimetypes.guess_extension(kind) or ''}")
    return File(_clean_file_name(name), kind[:120], _get_payload_bytes(part))


def _clean_file_name(name: str) -> str:
    """The last part of a path, on one line."""
    last = re.split(r"[/\\]", make_storable(name))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-255:] or "attachment"
