"""The parts of a mail: its text, its HTML and its attached files."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import quopri
import re
from dataclasses import dataclass, replace
from email.message import Message as Part
from html import escape

from tickets.mail import containers
from tickets.mail import html as markup
from tickets.mail.charsets import decode_bytes, decode_html_bytes
from tickets.mail.headers import find_parameter
from tickets.mail.hidden_words import join_hidden
from tickets.mail.parsing import find_hints, list_children, make_storable, parse_message
from tickets.mail.plain_text import PGP_NOTE, EncryptedText, join_flowed_lines, open_armour

__all__ = ["Body", "File", "make_storable", "read_body"]

MAX_DEPTH = 30
MAX_STAND_IN_WORDS = 60
MAX_SHARED_WORDS = 0.4  # of a program's own sentence; what a customer says stands in both
PROGRAM_WORDS = frozenset(
    "html mime multipart browser webbrowser navigateur navegador nettleser webbläsare "
    "prohlížeč prohlížeči przeglądarka przeglądarce selain браузер".split()
)
MAX_SHOWN_CHARS = 2_000  # characters of an attached mail that its note shows
MAIL_TYPES = frozenset({"message/rfc822", "message/global"})
SMIME_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MSG_TYPES = frozenset({"application/vnd.ms-outlook", "application/x-msg"})


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
    """The body of a mail as text and as (uncleaned) HTML, and the files with it.

    ``notes`` are sentences on what could not be read. ``named_text`` is a text that is shown
    and has a file's name: a file too, where another text stands before it, and only that where it
    is not said to be shown (``is_shown``). ``hidden`` are the
    words of the HTML that cannot be seen in it; they are in neither. ``attached_text`` is what the
    attached mails say.
    """

    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    notes: tuple[str, ...] = ()
    named_text: File | None = None
    is_shown: bool = False
    hidden: str = ""
    attached_text: str = ""


def read_body(message: Part) -> Body:
    """The text, HTML and files of a mail. Mails inside it are files; where they are all there is,
    as in a digest or a forward without a word, their text is read too.
    """
    body = _read_part(message, 0)
    return body if body.text.strip() else replace(body, text=body.attached_text)


def _read_part(part: Part, depth: int) -> Body:
    """The body of a part and those in it."""
    kind = part.get_content_type()
    if kind in MAIL_TYPES and part.is_multipart():
        return _read_forwarded_mail(part, depth)
    if part.is_multipart() and depth < MAX_DEPTH:
        return _read_multipart(part, depth, kind)
    if depth < MAX_DEPTH and (opened := _open_container(part, depth, kind)):
        return opened
    if _is_file(part, depth):
        return _read_file(part, depth)
    body = _read_text(part, kind)
    if not _find_file_name(part):
        return body
    is_shown = part.get_content_disposition() == "inline"
    return replace(body, named_text=_build_file(part), is_shown=is_shown)


def _read_multipart(part: Part, depth: int, kind: str) -> Body:
    if kind == "multipart/encrypted":
        return _read_encrypted(part)
    children = [_read_part(child, depth + 1) for child in list_children(part)]
    return _choose_alternative(children) if kind == "multipart/alternative" else _join(children)


def _read_encrypted(part: Part) -> Body:
    """PGP/MIME (RFC 3156, 4): a part that says the version, and one that holds the message."""
    sealed = [
        child for child in list_children(part) if child.get_content_subtype() != "pgp-encrypted"
    ]
    files = tuple(_build_file(child) for child in sealed)
    try:
        inner = "".join(open_armour(_decode_text(child)) for child in sealed)
    except EncryptedText:
        return Body(files=files, notes=(PGP_NOTE,))
    return _read_part(parse_message(inner.encode()), 1)


def _read_forwarded_mail(part: Part, depth: int) -> Body:
    """A mail in a mail: a file, and where it is all there is, its text too."""
    if part.get("Content-Transfer-Encoding", "").lower() in {"base64", "quoted-printable"}:
        part = _decode_forwarded_mail(part)  # RFC 2046 forbids it, and programs do it
    inner = _join([_read_part(child, depth + 1) for child in list_children(part)])
    if not depth:
        return replace(inner, files=(_build_file(part), *inner.files))
    return Body(files=(_build_file(part),), attached_text=inner.text or inner.attached_text)


def _decode_forwarded_mail(part: Part) -> Part:
    holder = Part()
    holder["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
    source = "".join(_get_source_bytes(child).decode("latin-1") for child in list_children(part))
    holder.set_payload(source.lstrip("\n"))
    inner = parse_message(_get_payload_bytes(holder))
    if not inner.keys():
        return part
    part.set_payload([inner])
    return part


def _choose_alternative(children: list[Body]) -> Body:
    """One body of several versions: the first text that is not blank, the last HTML.

    Where the HTML hides words, its text is the one that was seen; where a program wrote a
    sentence of its own in the place of the text, it is the HTML's too.
    """
    hidden = _join_hidden(children)
    plain = [
        child.text for child in children if child.text.strip() and bool(child.html) == bool(hidden)
    ]
    texts = plain or [child.text for child in children if child.text.strip()]
    shown = [child.text for child in children if child.html and child.text.strip()]
    if texts and shown and _only_stands_in(texts[0], shown[-1]):
        texts = shown[-1:]
    htmls = [child.html for child in children if child.html.strip()]
    return Body(
        texts[0] if texts else "",
        htmls[-1] if htmls else "",
        tuple(file for child in children for file in child.files),
        tuple(note for child in children for note in child.notes),
        hidden=hidden,
        attached_text=_join_attached(children),
    )


def _only_stands_in(plain: str, shown: str) -> bool:
    """Whether a short text speaks of programs and has hardly a word of the HTML's: "This message
    requires an HTML mail reader."
    """
    said, seen = _list_words(plain), set(_list_words(shown))
    if len(said) > MAX_STAND_IN_WORDS or not seen or not PROGRAM_WORDS & set(said):
        return False
    return sum(word in seen for word in said) <= MAX_SHARED_WORDS * len(said)


def _list_words(text: str) -> list[str]:
    marks = "".join(char if char.isalnum() else " " for char in text.casefold())
    return marks.split()


def _join(children: list[Body]) -> Body:
    """The bodies one after the other; where one has HTML, the others are shown in it too."""
    children = _merge_versions(children)
    said = _list_shown(children)
    html = ""
    if any(child.html for child in said):
        html = "\n".join(child.html or _convert_to_html(child.text) for child in said)
    files = [
        file
        for child in children
        for file in (*child.files, None if child in said[:1] else child.named_text)
        if file
    ]
    notes = tuple(dict.fromkeys(note for child in children for note in child.notes))
    text, hidden = "\n\n".join(child.text for child in said), _join_hidden(children)
    return Body(
        text, html, tuple(files), notes, hidden=hidden, attached_text=_join_attached(children)
    )


def _list_shown(children: list[Body]) -> list[Body]:
    """The bodies that say something; of texts with a file's name the first, and those that are to
    be shown.
    """
    said: list[Body] = []
    for child in children:
        has_words = child.text.strip() or child.html.strip()
        if has_words and (not said or child.is_shown or not child.named_text):
            said.append(child)
    return said


def _join_attached(children: list[Body]) -> str:
    return "\n\n".join(child.attached_text for child in children if child.attached_text.strip())


def _merge_versions(children: list[Body]) -> list[Body]:
    """The bodies; a text and the HTML behind it that says the same are one, though their mail
    program forgot to call them alternatives.
    """
    merged: list[Body] = []
    for child in children:
        last = merged[-1] if merged else Body()
        if child.text.split() == last.text.split() != [] and bool(child.html) != bool(last.html):
            files = last.files + child.files
            merged[-1] = replace(last, html=last.html or child.html, files=files)
        else:
            merged.append(child)
    return merged


def _join_hidden(children: list[Body]) -> str:
    return join_hidden(child.hidden for child in children)


def _convert_to_html(text: str) -> str:
    return "<p>" + escape(text.strip()).replace("\n", "<br>") + "</p>"


def _is_file(part: Part, depth: int) -> bool:
    """Whether a part is a file: said to be attached, or of a kind that is not shown as text.

    A text that only has a file's name is text (RFC 2183, 2.1), and so is a multipart that could
    not be taken apart.
    """
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment":
        return True
    if kind in {"text/plain", "text/html"} or kind.startswith("multipart/"):
        return False
    is_bare_text = kind.startswith(("text/", "message/")) and not _find_file_name(part)
    return bool(depth) or not is_bare_text


def _read_file(part: Part, depth: int) -> Body:
    """A file; a mail that is nothing but an attached text is read too."""
    file = _build_file(part)
    kind = part.get_content_type()
    if depth or kind not in {"text/plain", "text/html"}:
        return Body(files=(file,))
    return replace(_read_text(part, kind), files=(file,))


def _open_container(part: Part, depth: int, kind: str) -> Body | None:
    """The body of a part that holds a mail (S/MIME, TNEF, .msg); None where it is none."""
    name = _find_file_name(part).lower()
    if kind in SMIME_TYPES or (name == "smime.p7m" and kind == "application/octet-stream"):
        return _open_smime(part, depth)
    if kind in TNEF_TYPES or name in {"winmail.dat", "win.dat"}:
        return _open_tnef(part, depth)
    if kind in MSG_TYPES or name.endswith(".msg"):
        return _open_msg(part, depth)
    return None


def _open_smime(part: Part, depth: int) -> Body:
    try:
        inner = containers.open_smime(_get_payload_bytes(part))
    except containers.UnopenedContainer as closed:
        return Body(files=(_build_file(part),), notes=(str(closed),))
    return _read_part(parse_message(inner), depth + 1)


def _open_tnef(part: Part, depth: int) -> Body | None:
    """The text and files in a winmail.dat; where it stays closed, the file and why."""
    data, name = _get_payload_bytes(part), _build_file(part).name
    try:
        inner = containers.open_tnef(data)
    except containers.UnopenedContainer as closed:
        note = (
            f"Outlook packed this mail's files into {name}, which could not be opened:"
            f" {closed}. Ask the customer to send it again as plain text or HTML."
        )
        return Body(files=(_build_file(part),), notes=(note,))
    body = replace(_read_part(parse_message(inner), depth + 1), named_text=None)
    if containers.find_tnef_end(data) <= len(data):
        return body
    note = f"{name} came without its end: the last of its files may not be whole."
    return replace(body, files=(*body.files, _build_file(part)), notes=(*body.notes, note))


def _open_msg(part: Part, depth: int) -> Body | None:
    """A mail saved by Outlook: the file, the files in it, and its text, which is somebody's
    message to the customer or theirs: the body where the mail has no other, else a note.
    """
    file = _build_file(part)
    if (
        not file.content.startswith(containers.OLE_SIGNATURE)
        and part.get_content_maintype() == "text"
    ):
        return None  # a text that is only called so
    try:
        inner = parse_message(containers.open_msg(file.content))
    except containers.UnopenedContainer as closed:
        note = f"The attached mail {file.name} could not be opened here: {closed}."
        return Body(files=(file,), notes=(note,))
    body = _read_part(inner, depth + 1)
    if not depth:
        return replace(body, files=(file, *body.files))
    shown = body.text.strip()[:MAX_SHOWN_CHARS]
    note = f"{file.name} is a mail that was saved in Outlook. It says:\n\n{shown}"
    notes = (note, *body.notes) if shown else body.notes
    return Body(files=(file, *body.files), notes=notes)


def _read_text(part: Part, kind: str) -> Body:
    """The text of a part as its writer saw it, with its lines and without armour."""
    content = _decode_text(part)
    if kind == "text/html":
        page = markup.split_hidden(content)
        return Body(markup.extract_text(page.seen), page.seen, hidden=page.hidden)
    hints = find_hints(part)
    if find_parameter(part, "content-type", "format", hints).lower() == "flowed":
        deletes = find_parameter(part, "content-type", "delsp", hints).lower() == "yes"
        content = join_flowed_lines(content, deletes_space=deletes)
    try:
        return Body(text=open_armour(content))
    except EncryptedText as sealed:
        return Body(text=sealed.rest, files=(_build_file(part),), notes=(str(sealed),))


def _decode_text(part: Part) -> str:
    """The text of a part, in the charset it names or the first that fits."""
    data = _get_payload_bytes(part)
    label = find_parameter(part, "content-type", "charset")
    decode = decode_html_bytes if part.get_content_subtype() == "html" else decode_bytes
    return decode(data, label, find_hints(part))


def _get_payload_bytes(part: Part) -> bytes:
    """The decoded payload; of a part that was never taken apart, the payload as it came."""
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        return data
    return b"\n\n".join(_get_source_bytes(child) for child in list_children(part))


def get_source_text(part: Part) -> str:
    """The text of any part, decoded; of one that holds mails or fields, as it stood in the mail."""
    if not part.is_multipart():
        return _decode_text(part)
    data = b"\n\n".join(_get_source_bytes(child) for child in list_children(part))
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        data = _decode_base64(data)
    elif encoding == "quoted-printable":
        data = quopri.decodestring(data)
    return data.decode("utf-8", "replace")


def _decode_base64(data: bytes) -> bytes:
    """What a part says that may not be encoded and is all the same; as it came where it is not."""
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except ValueError:
        return data


def _get_source_bytes(part: Part) -> bytes:
    try:
        return part.as_bytes()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return str(part.get_payload()).encode("utf-8", "replace")  # headers that cannot be written


def _build_file(part: Part) -> File:
    kind = part.get_content_type()
    if kind in MAIL_TYPES:
        subject = " ".join(str(child.get("Subject", "")) for child in list_children(part))
        name = f"{subject.strip() or 'attached message'}.eml"
        return File(_clean_file_name(name), kind, _get_payload_bytes(part))
    name = _find_file_name(part) or f"attachment{mimetypes.guess_extension(kind) or ''}"
    return File(_clean_file_name(name), kind[:120], _get_payload_bytes(part))


def _find_file_name(part: Part) -> str:
    """The name that the part gives to its file, or ""."""
    hints = find_hints(part)
    return find_parameter(part, "content-disposition", "filename", hints) or find_parameter(
        part, "content-type", "name", hints
    )


def _clean_file_name(name: str) -> str:
    """The last part of a path, on one line."""
    last = re.split(r"[/\\]", make_storable(name))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-255:] or "attachment"
