"""The parts of a mail: what is said as text, as HTML, and what is attached."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from email.message import Message as Part
from html import escape

from tickets.mail import html as markup

DEEPEST = 30
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
    """What a mail says, as text and (uncleaned) as HTML, and the files with it."""

    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()


def storable(text: str) -> str:
    """The text as PostgreSQL takes it: without NUL and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def read_body(part: Part, depth: int = 0) -> Body:
    """What the part and the parts in it say. Mails inside a mail are files."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        return _forwarded(part, depth)
    if part.is_multipart() and depth < DEEPEST:
        children = [read_body(child, depth + 1) for child in _children(part)]
        return _alternative(children) if kind == "multipart/alternative" else _mixed(children)
    if depth and _is_file(part):
        return Body(files=(_file(part),))
    content = _decoded(part)
    if kind == "text/html":
        return Body(text=markup.to_text(content), html=content)
    return Body(text=content)


def _forwarded(part: Part, depth: int) -> Body:
    """A mail in a mail: a file, and where it is all there is, its text too."""
    inner = Body() if depth else _mixed([read_body(child, 1) for child in _children(part)])
    return Body(inner.text, inner.html, (_file(part), *inner.files))


def _children(part: Part) -> list[Part]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def _alternative(children: list[Body]) -> Body:
    """The same said several ways: the first text that says something, the last HTML."""
    plain = [child.text for child in children if child.text.strip() and not child.html]
    texts = plain or [child.text for child in children if child.text.strip()]
    htmls = [child.html for child in children if child.html.strip()]
    files = tuple(file for child in children for file in child.files)
    return Body(texts[0] if texts else "", htmls[-1] if htmls else "", files)


def _mixed(children: list[Body]) -> Body:
    """One after the other; where one has HTML, the others are shown in it too."""
    said = [child for child in children if child.text.strip() or child.html.strip()]
    html = ""
    if any(child.html for child in said):
        html = "\n".join(child.html or _as_html(child.text) for child in said)
    files = tuple(file for child in children for file in child.files)
    return Body("\n\n".join(child.text for child in said), html, files)


def _as_html(text: str) -> str:
    return "<p>" + escape(text.strip()).replace("\n", "<br>") + "</p>"


def _is_file(part: Part) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    kind = part.get_content_type()  # a multipart that could not be taken apart is read as text
    return kind not in {"text/plain", "text/html"} and not kind.startswith("multipart/")


def _decoded(part: Part) -> str:
    """The text of a part, in the charset it names or the first that fits."""
    data = _bytes(part)
    named = str(part.get_content_charset() or "").lower()
    for charset in (named, "utf-8", "cp1252"):
        if not charset or charset.replace("-", "_") in NOT_CHARSETS:
            continue
        try:
            return data.decode(charset)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _bytes(part: Part) -> bytes:
    """The decoded payload; of a part that was never taken apart, the payload as it came."""
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        return data
    return b"\n\n".join(_source(child) for child in _children(part))


def _source(part: Part) -> bytes:
    try:
        return part.as_bytes()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return str(part.get_payload()).encode("utf-8", "replace")  # headers that cannot be written


def _file(part: Part) -> File:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        subject = " ".join(str(child.get("Subject", "")) for child in _children(part))
        return File(_file_name(f"{subject.strip() or 'attached message'}.eml"), kind, _bytes(part))
    name = str(part.get_filename() or f"attachment{mimetypes.guess_extension(kind) or ''}")
    return File(_file_name(name), kind[:120], _bytes(part))


def _file_name(name: str) -> str:
    """The last part of a path, on one line."""
    last = re.split(r"[/\\]", storable(name))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-255:] or "attachment"
