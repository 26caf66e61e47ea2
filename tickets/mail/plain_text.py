"""Plain text as its writer saw it: flowed lines joined (RFC 3676), signed text without its armour.

OpenPGP by RFC 9580: armour in chapter 6, cleartext signatures in 7, packets in 4 and 5.
"""

from __future__ import annotations

import binascii
import bz2
import zlib
from collections.abc import Iterator

from tickets.mail.charsets import decode_bytes

SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
SIGNATURE_END = "-----END PGP SIGNATURE-----"
SEALED = "-----BEGIN PGP MESSAGE-----"
SEALED_END = "-----END PGP MESSAGE-----"
SIGNATURE_SEPARATOR = "-- "
OWN_INDENT = "    "  # so far from the edge ">" marks no quotation
MAX_UNPACKED_BYTES = 10 * 1024 * 1024
MAX_PACKETS = 1_000
MAX_NESTING = 5
COMPRESSED, LITERAL = 8, 11  # tags of packets
ENCRYPTED_TAGS = frozenset({1, 3, 9, 18, 20})
PGP_NOTE = (
    "A part of this mail is encrypted with PGP, and there is no key for it here: ask the customer"
    " to send it again without encryption."
)


class EncryptedText(Exception):
    """Text that nobody reads without a key. Says what to do, in a sentence; ``rest`` is the text
    around what is encrypted.
    """

    def __init__(self, note: str, rest: str = "") -> None:
        super().__init__(note)
        self.rest = rest


def join_flowed_lines(text: str, *, deletes_space: bool) -> str:
    """Text in format=flowed with its paragraphs as lines; ``deletes_space`` is DelSp=yes."""
    paragraphs: list[tuple[int, list[str]]] = []
    is_open = False
    for line in text.replace("\r\n", "\n").split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_separator = content == SIGNATURE_SEPARATOR
        if not (is_open and content and not is_separator and paragraphs[-1][0] == depth):
            paragraphs.append((depth, []))
        is_open = content.endswith(" ") and not is_separator
        paragraphs[-1][1].append(content[:-1] if is_open and deletes_space else content)
    return "\n".join(
        f"{'>' * depth} {''.join(parts)}" if depth else _guard_own_mark("".join(parts))
        for depth, parts in paragraphs
    )


def _guard_own_mark(line: str) -> str:
    """A line of the writer's own, which is no quotation though it begins with ">" (4.4)."""
    return f"{OWN_INDENT}{line}" if line.startswith(">") else line


def open_armour(text: str) -> str:
    """Text without PGP's armour: what was signed stands there as it was written.

    Raises EncryptedText.
    """
    if SIGNED in text:
        text = _open_signed_text(text)
    return _open_messages(text) if SEALED in text else text


def _open_signed_text(text: str) -> str:
    lines: list[str] = []
    state = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        sign = line.strip()
        if sign == SIGNED:
            state = "header"
        elif state == "header":
            state = "header" if sign else "text"
        elif sign == SIGNATURE and state == "text":
            state = "signature"
        elif state == "signature":
            state = "" if sign == SIGNATURE_END else state
        else:
            lines.append(line.removeprefix("- ") if state == "text" else line)
    return "\n".join(lines)


def _open_messages(text: str) -> str:
    """Each message in armour as its text, where it is signed or packed only."""
    first, *rest = text.split(SEALED)
    parts = [first]
    sealed: EncryptedText | None = None
    for each in rest:
        armour, _, after = each.partition(SEALED_END)
        try:
            parts[-1] += read_pgp_message(_decode_armour(armour)) + after
        except EncryptedText as error:
            sealed = error
            parts.append(after)
    if sealed:
        raise EncryptedText(str(sealed), "\n\n".join(filter(None, map(str.strip, parts))))
    return "".join(parts)


def _decode_armour(armour: str) -> bytes:
    """The bytes in armour: below its headers and a blank line, above its checksum."""
    body = armour.replace("\r\n", "\n").lstrip("\n")
    if ":" in body.partition("\n")[0]:
        body = body.partition("\n\n")[2]
    lines = [line.strip() for line in body.split("\n")]
    data = "".join(line for line in lines if not line.startswith("="))
    try:
        return binascii.a2b_base64(data)
    except ValueError:
        return b""


def read_pgp_message(data: bytes, depth: int = 0) -> str:
    """The text of a message that is signed or packed. Raises EncryptedText."""
    for tag, content in _iter_packets(data):
        if tag == COMPRESSED and depth < MAX_NESTING:
            return read_pgp_message(_extract_packed(content), depth + 1)
        if tag == LITERAL:
            start = 2 + (content[1] if len(content) > 1 else 0) + 4
            return decode_bytes(content[start:], "utf-8")
        if tag in ENCRYPTED_TAGS:
            break
    raise EncryptedText(PGP_NOTE)


def _extract_packed(content: bytes) -> bytes:
    """A compressed packet (RFC 9580, 5.6); b"" where it cannot be unpacked."""
    method, packed = content[:1], content[1:]
    try:
        if method == b"\x03":
            return bz2.BZ2Decompressor().decompress(packed, MAX_UNPACKED_BYTES)
        if method in {b"\x01", b"\x02"}:
            bits = -15 if method == b"\x01" else 15
            return zlib.decompressobj(bits).decompress(packed, MAX_UNPACKED_BYTES)
    except (ValueError, OSError, EOFError, zlib.error):
        return b""
    return packed if method == b"\0" else b""


def _iter_packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each packet, until the bytes are none."""
    at = 0
    for _ in range(MAX_PACKETS):
        if at >= len(data) or not data[at] & 0x80:
            return
        sign, at = data[at], at + 1
        if sign & 0x40:
            content, at = _read_new_packet(data, at)
            yield sign & 0x3F, content
        else:
            size = 1 << (sign & 3)
            length = int.from_bytes(data[at : at + size], "big")
            end = len(data) if sign & 3 == 3 else at + size + length
            yield (sign >> 2) & 0x0F, data[at + (size if sign & 3 != 3 else 0) : end]
            at = end


def _read_new_packet(data: bytes, at: int) -> tuple[bytes, int]:
    """The content of a packet with a length of the new form, partial lengths joined."""
    pieces: list[bytes] = []
    while at < len(data):
        first = data[at]
        if first < 192:
            start, length = at + 1, first
        elif first < 224:
            start = at + 2
            length = ((first - 192) << 8) + int.from_bytes(data[at + 1 : start], "big") + 192
        elif first == 255:
            start = at + 5
            length = int.from_bytes(data[at + 1 : start], "big")
        else:
            start, length = at + 1, 1 << (first & 0x1F)
        pieces.append(data[start : start + length])
        at = start + length
        if not 224 <= first < 255:
            break
    return b"".join(pieces), at
