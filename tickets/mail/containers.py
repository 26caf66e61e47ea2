"""Files that hold a mail: Outlook's winmail.dat and .msg, and S/MIME.

Each is opened into the bytes of an ordinary mail, so that the rest reads it like any other.
TNEF is [MS-OXTNEF], .msg is [MS-OXMSG], S/MIME is RFC 8551 over RFC 5652.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from tickets.mail.charsets import decode_bytes, decode_html_bytes

TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_CONTAINER_BYTES = 30 * 1024 * 1024
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_RTF_BYTES = 500_000  # bytes; unpacking them takes about a second a megabyte
MAX_TNEF_OBJECTS = 2_000  # the library copies the rest of the file for each
SMIME_NOTE = (
    "This mail is encrypted (S/MIME), and there is no key for it here: ask the customer to send it"
    " again without encryption. The file smime.p7m has it as it came."
)
BROKEN_SMIME_NOTE = (
    "The signed part of this mail (S/MIME) is damaged and could not be opened: ask the customer to"
    " send it again. The file smime.p7m has it as it came."
)

MIN_TNEF_OBJECT_BYTES = 11  # level, name, type, length and checksum


class UnopenedContainer(Exception):
    """A file that may hold a mail stays closed. Says why and what to do, in sentences."""


@dataclass(frozen=True)
class InnerFile:
    """A file in a container."""

    name: str
    content: bytes
    kind: str = "application/octet-stream"


def build_inner_mail(
    text: str, html: str, files: list[InnerFile], headers: dict[str, str] | None = None
) -> bytes:
    """What was in a container as an ordinary mail."""
    mail = EmailMessage()
    for name, value in (headers or {}).items():
        line = " ".join(value.replace("\0", "").split())
        if line:
            mail[name] = line
    if text.strip() or not html.strip():
        mail.set_content(text)
    if html.strip():
        add = mail.add_alternative if text.strip() else mail.set_content
        add(html, subtype="html")
    for file in files:
        kind = file.kind if file.kind.count("/") == 1 and file.kind.isascii() else ""
        main, _, sub = (kind or "application/octet-stream").partition("/")
        if main in {"multipart", "message", ""} or not sub:
            main, sub = "application", "octet-stream"
        name = " ".join(file.name.replace("\0", "").split())
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def open_tnef(data: bytes) -> bytes:
    """The mail in a winmail.dat, also where its end is missing. Raises UnopenedContainer."""
    if not data.startswith(TNEF_SIGNATURE) or len(data) > MAX_CONTAINER_BYTES:
        raise UnopenedContainer("it is no file of Outlook's, or too large to open")
    if find_tnef_end(data) < len(data) - MIN_TNEF_OBJECT_BYTES:
        raise UnopenedContainer("it has more parts than any mail")
    from tnefparse import TNEF

    try:
        found = TNEF(data, do_checksum=False)
        rtf = found.rtfbody if len(found._rtfbody or b"") < MAX_RTF_BYTES else b""
    except Exception as error:  # the library raises whatever it trips over
        raise UnopenedContainer("it is damaged") from error
    page = found.codepage or ""
    html = _convert_to_html(found.htmlbody, page)
    text = _convert_to_text(found.body, page)
    if not text.strip() and not html.strip():
        text = convert_rtf(rtf or b"")
    files = [
        InnerFile(_read_tnef_name(each, page) or f"file {number}", _convert_to_bytes(each.data))
        for number, each in enumerate(found.attachments, 1)
    ]
    return build_inner_mail(text, html, files)


def find_tnef_end(data: bytes) -> int:
    """Where the objects of a winmail.dat end: beyond its length where some of it is missing, far
    before it where there are more than MAX_TNEF_OBJECTS.
    """
    at = 6
    for _ in range(MAX_TNEF_OBJECTS):
        if at + MIN_TNEF_OBJECT_BYTES >= len(data):
            break
        at += MIN_TNEF_OBJECT_BYTES + int.from_bytes(data[at + 5 : at + 9], "little")
    return at


def _read_tnef_name(attachment: Any, page: str) -> str:
    try:
        return _convert_to_text(attachment.long_filename(), page).strip("\0 ")
    except UnicodeError:
        return decode_bytes(attachment._name, page).strip("\0 ")


def _convert_to_bytes(data: object) -> bytes:
    return data if isinstance(data, bytes) else str(data or "").encode("utf-8", "replace")


def _convert_to_text(value: object, page: str) -> str:
    """A body that a library gave as text, as bytes, or as a list of either."""
    if isinstance(value, list):
        return "".join(_convert_to_text(each, page) for each in value)
    text = decode_bytes(value, page) if isinstance(value, bytes) else str(value or "")
    return text.replace("\0", "")


def _convert_to_html(value: object, page: str) -> str:
    if isinstance(value, bytes):
        return decode_html_bytes(value, page).replace("\0", "")
    return _convert_to_text(value, page)


def convert_rtf(rtf: bytes) -> str:
    """Rich text as plain text; "" where it cannot be read."""
    from striprtf.striprtf import rtf_to_text

    if len(rtf) > 4 * MAX_RTF_BYTES:
        return ""
    try:
        text = str(rtf_to_text(rtf.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
    except Exception:  # the library raises whatever it trips over
        return ""
    return text


def open_msg(data: bytes) -> bytes:
    """The mail in an Outlook .msg, with the header it travelled with. Raises UnopenedContainer."""
    if not data.startswith(OLE_SIGNATURE) or len(data) > MAX_CONTAINER_BYTES:
        raise UnopenedContainer("it is no mail that Outlook saved, or too large to open")
    import olefile

    try:
        with olefile.OleFileIO(data) as ole:
            if not ole.exists("__properties_version1.0"):
                raise UnopenedContainer("it is no mail that Outlook saved")
            return _MsgReader(ole).build_mail()
    except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
        raise UnopenedContainer("it is damaged") from error


class _MsgReader:
    """Reads the properties of one message storage; ``[MS-OXMSG]`` 2.2 and ``[MS-OXPROPS]``."""

    SUBJECT, SENDER, BODY, RTF, HTML = "0037", "0C1A", "1000", "1009", "1013"
    HEADERS, SENDER_ADDRESS, SMTP_ADDRESS = "007D", "0C1F", "5D01"
    DATA, SHORT_NAME, LONG_NAME, MIME_TYPE = "3701", "3704", "3707", "370E"
    CODE_PAGES = ("3FDE0003", "3FFD0003")  # PidTagInternetCodepage, PidTagMessageCodepage

    def __init__(self, ole: Any) -> None:
        self.ole = ole
        self.page = self._read_code_page()

    def build_mail(self) -> bytes:
        html = self._read_html()
        text = self.read_text((), self.BODY)
        if not text.strip() and not html.strip():
            text = self._read_rich_text()
        return build_inner_mail(text, html, self._list_files(), self._build_headers())

    def read_text(self, place: tuple[str, ...], tag: str) -> str:
        wide = self._read_stream(place, f"{tag}001F")
        if wide is not None:
            return wide.decode("utf-16-le", "replace").replace("\0", "")
        narrow = self._read_stream(place, f"{tag}001E")
        return decode_bytes(narrow or b"", self.page).replace("\0", "")

    def _read_stream(self, place: tuple[str, ...], tag: str) -> bytes | None:
        path = [*place, f"__substg1.0_{tag}"]
        if not self.ole.exists(path):
            return None
        stream: bytes = self.ole.openstream(path).read()
        return stream

    def _read_html(self) -> str:
        octets = self._read_stream((), f"{self.HTML}0102")
        if octets:
            return decode_html_bytes(octets, self.page)
        return self.read_text((), self.HTML)

    def _read_rich_text(self) -> str:
        from compressed_rtf import decompress

        packed = self._read_stream((), f"{self.RTF}0102") or b""
        return convert_rtf(decompress(packed)) if 0 < len(packed) < MAX_RTF_BYTES else ""

    def _read_code_page(self) -> str:
        properties = self.ole.openstream("__properties_version1.0").read()
        for tag in self.CODE_PAGES:
            at = properties.find(bytes.fromhex(tag)[::-1])
            if at >= 0:
                return f"cp{int.from_bytes(properties[at + 8 : at + 12], 'little')}"
        return ""

    def _build_headers(self) -> dict[str, str]:
        kept = self._read_travelled_headers()
        address = self.read_text((), self.SMTP_ADDRESS) or self.read_text((), self.SENDER_ADDRESS)
        sender = self.read_text((), self.SENDER)
        own = {"Subject": self.read_text((), self.SUBJECT)}
        if "@" in address and "from" not in {name.lower() for name in kept}:
            plain = sender.replace('"', "").replace("\\", "")
            own["From"] = f'"{plain}" <{address}>' if plain else address
        known = {name.lower() for name in kept}
        return kept | {name: value for name, value in own.items() if name.lower() not in known}

    def _read_travelled_headers(self) -> dict[str, str]:
        """The header that the mail came to Outlook with; what it says of the body is left out."""
        from email.parser import HeaderParser

        header = HeaderParser().parsestr(self.read_text((), self.HEADERS).lstrip())
        wanted = ("from", "to", "cc", "reply-to", "date", "message-id", "in-reply-to", "references")
        named = [name for name in (*wanted, "auto-submitted", "subject") if header.get(name)]
        return {name.title(): str(header.get(name)) for name in named}

    def _list_files(self) -> list[InnerFile]:
        entries = self.ole.listdir(streams=False, storages=True)
        places = [each for each in entries if each[-1].startswith("__attach") and len(each) == 1]
        return [file for place in places for file in self._read_file(tuple(place))]

    def _read_file(self, place: tuple[str, ...]) -> list[InnerFile]:
        content = self._read_stream(place, f"{self.DATA}0102")
        if content is None:
            return []  # a mail or a drawing in the mail: the .msg itself has it
        name = self.read_text(place, self.LONG_NAME) or self.read_text(place, self.SHORT_NAME)
        kind = self.read_text(place, self.MIME_TYPE)
        return [InnerFile(name or "file", content, kind or "application/octet-stream")]


def open_smime(data: bytes) -> bytes:
    """The MIME part that is signed or packed in a PKCS #7 file. Raises UnopenedContainer."""
    from asn1crypto import cms

    try:
        info = cms.ContentInfo.load(data)
        kind = info["content_type"].native
        if kind in {"enveloped_data", "authenticated_enveloped_data", "encrypted_data"}:
            raise UnopenedContainer(SMIME_NOTE)
        inner: bytes = info["content"]["encap_content_info"]["content"].native or b""
        if kind == "compressed_data":
            inner = zlib.decompressobj().decompress(inner, MAX_UNPACKED_BYTES)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, zlib.error) as error:
        raise UnopenedContainer(BROKEN_SMIME_NOTE) from error
    if not isinstance(inner, bytes) or not inner:
        raise UnopenedContainer(BROKEN_SMIME_NOTE)
    return inner
