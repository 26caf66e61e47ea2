"""Header lines as people read them: encoded words, raw bytes, names, parameters.

RFC 2047 and RFC 2231, and what programs write instead: blanks in an encoded word, a character
split between two of them, letters as they are, file names without quotation marks.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message as Part
from email.utils import getaddresses
from itertools import islice
from urllib.parse import unquote_to_bytes

from tickets.mail.charsets import decode_bytes, find_codec

MAX_PARAMETERS = 100
MAX_HEADER_BYTES = 8_000
MAX_HEADERS = 300  # headers whose encoded words tell charsets
# The end "?=" is not the beginning of a character of the text: "wo?=20ist".
ENCODED_WORD = re.compile(
    rb"=\?([^?\s\"]{1,80})\?([BbQq])\?(.*?)(?:\?=(?![0-9A-Fa-f]{2}(?:[^?]|\?(?!=\?))*\?=)|\Z)",
    re.DOTALL,
)
FOLD = re.compile(rb"[ \t]*\r?\n[ \t]+|[ \t]*[\r\n]+")


@dataclass(frozen=True)
class _Piece:
    """A stretch of a header: plain bytes, or neighbouring encoded words of one charset."""

    data: bytes
    label: str = ""
    is_encoded: bool = False

    def decode(self, hints: Iterable[str]) -> str:
        return decode_bytes(self.data, self.label, hints)


def decode_header(value: str, hints: Iterable[str] = ()) -> str:
    """A header's value as one line of text. ``value`` is as Python's parser keeps it, bytes
    outside ASCII as surrogates; ``hints`` are charsets that the mail names elsewhere.
    """
    hints = tuple(hints)
    return " ".join("".join(piece.decode(hints) for piece in _iter_pieces(value)).split())


def quote_encoded_words(value: str, hints: Iterable[str] = ()) -> str:
    """A header of addresses with each encoded word as a quoted string, so that a comma or an
    "@" in a name parts nothing, and two words of one name have no blank between them.
    """
    hints = tuple(hints)
    parts: list[str] = []
    state = ""
    for piece in _iter_pieces(value):
        text = piece.decode(hints)
        if not piece.is_encoded:
            state = _find_quoting(text, state)
        elif state == "(":
            text = text.translate({ord("("): "\\(", ord(")"): "\\)"})
        else:
            text = text.replace("\\", "\\\\").replace('"', '\\"')
            text = text if state else f'"{text}"'
        parts.append(text)
    return " ".join("".join(parts).split())


def find_comment_name(part: Part, header: str, hints: Iterable[str] = ()) -> str:
    """The name that stands in a comment beside an address: ``ana@example.org (Ana)``."""
    found = [str(value) for key, value in part.raw_items() if key.lower() == header.lower()]
    lines = [quote_encoded_words(each, hints) for each in found]
    behind = [line.partition("> (")[2].removesuffix(")") for line in lines]
    return next(
        (name for name in [*(name for name, _ in getaddresses(lines)), *behind] if name), ""
    )


def find_charset_labels(message: Part, parts: Iterable[Part]) -> tuple[str, ...]:
    """The charsets that a mail names: those of its parts, then those of its encoded words."""
    labels = [find_parameter(part, "content-type", "charset") for part in parts]
    for _, value in islice(message.raw_items(), MAX_HEADERS):
        if "=?" in str(value):
            labels += [piece.label for piece in _iter_pieces(str(value)) if piece.label]
    return tuple(dict.fromkeys(label.lower() for label in labels if label))


def find_parameter(part: Part, header: str, name: str, hints: Iterable[str] = ()) -> str:
    """A parameter of a part's header as text, such as a file's name; "" where it has none."""
    for key, value in part.raw_items():
        if key.lower() == header:
            return decode_parameter(_split_parameters(str(value)), name, hints)
    return ""


def decode_parameter(found: dict[str, str], name: str, hints: Iterable[str] = ()) -> str:
    """The parameter ``name``; its form by RFC 2231, in parts or with a charset, goes first."""
    pieces = [found[f"{name}*"]] if found.get(f"{name}*", "").strip("'\" ") else []
    is_coded = bool(pieces)
    for number in range(MAX_PARAMETERS):
        coded, plain = found.get(f"{name}*{number}*"), found.get(f"{name}*{number}")
        if is_coded and number == 0 or (coded is None and plain is None):
            break
        is_coded = is_coded or coded is not None
        pieces.append(coded if coded is not None else (plain or "").replace("%", "%25"))
    if not is_coded:
        plain = "".join(pieces).replace("%25", "%") or found.get(name, "")
        if "'" not in plain or not find_codec(plain.partition("'")[0]):
            return decode_header(plain, hints)
        pieces = [plain]
    return _decode_extended("".join(pieces), hints)


def _decode_extended(value: str, hints: Iterable[str]) -> str:
    """``charset'language'percent-encoded`` (RFC 2231), also without its first two parts."""
    value = value.strip('"')
    label, _, rest = value.partition("'")
    _, mark, text = rest.partition("'")
    if not mark:
        label, text = "", value
    data = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    decoded = decode_bytes(data, label, hints)
    return decode_header(decoded, hints) if "=?" in decoded else " ".join(decoded.split())


def _iter_pieces(value: str) -> Iterator[_Piece]:
    """The plain and the encoded stretches of a header, in order."""
    data = value[:MAX_HEADER_BYTES].encode("utf-8", "surrogateescape")
    words: list[tuple[str, str, bytes]] = []
    at = 0
    for found in ENCODED_WORD.finditer(data):
        between = FOLD.sub(b" ", data[at : found.start()])
        at = found.end()
        if between.strip() or not words:
            yield from _join_words(words)
            words = []
            if between:
                yield _Piece(between)
        label = found[1].decode("ascii", "replace").partition("*")[0]
        words.append((label, found[2].decode().upper(), FOLD.sub(b"", found[3])))
    yield from _join_words(words)
    if rest := FOLD.sub(b" ", data[at:]):
        yield _Piece(rest)


def _join_words(words: list[tuple[str, str, bytes]]) -> Iterator[_Piece]:
    """Neighbouring encoded words; those of one charset together, since some programs split a
    character, or four letters of base64, between two of them.
    """
    label, data, open_base64 = "", b"", b""
    for charset, encoding, text in words:
        if charset.lower() != label.lower() or (open_base64 and encoding == "Q"):
            data += _decode_base64(open_base64)
            open_base64 = b""
        if charset.lower() != label.lower():
            if label:
                yield _Piece(data, label, is_encoded=True)
            label, data = charset, b""
        if encoding == "Q":
            data += binascii.a2b_qp(text.replace(b"?=", b"?"), header=True)
            continue
        open_base64 += _keep_base64(text)
        if text.rstrip().endswith(b"=") or len(open_base64) % 4 == 0:
            data += _decode_base64(open_base64)
            open_base64 = b""
    if label:
        yield _Piece(data + _decode_base64(open_base64), label, is_encoded=True)


def _keep_base64(text: bytes) -> bytes:
    plain = text.translate(bytes.maketrans(b"-_", b"+/"))
    return bytes(each for each in plain if chr(each).isalnum() or each in b"+/")


def _decode_base64(text: bytes) -> bytes:
    whole = text[: len(text) - (len(text) % 4 == 1)]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _find_quoting(text: str, state: str) -> str:
    """Whether a quoted string or a comment is open after this text: its sign, or ""."""
    is_escaped = False
    for letter in text:
        if is_escaped or letter == "\\":
            is_escaped = not is_escaped
        elif not state and letter in '"(':
            state = letter
        elif (state, letter) in {('"', '"'), ("(", ")")}:
            state = ""
    return state


def _split_parameters(value: str) -> dict[str, str]:
    """The parameters of a header by their names in lower case; of two alike the first counts."""
    found: dict[str, str] = {}
    fields = list(_split_fields(value))
    for field in fields[:MAX_PARAMETERS]:
        name, mark, text = field.partition("=")
        words = name.lower().split()  # two where the semicolon before it is missing
        if mark and words:
            found.setdefault(words[-1], _strip_quotes(text.strip()))
    return found


def _split_fields(value: str) -> Iterator[str]:
    """The fields between semicolons; those in quotation marks part nothing."""
    field, is_quoted, is_escaped = "", False, False
    for letter in value[:MAX_HEADER_BYTES]:
        if letter == ";" and not is_quoted:
            yield field
            field = ""
            continue
        if letter == '"' and not is_escaped:
            is_quoted = not is_quoted if is_quoted or field.rstrip().endswith("=") else is_quoted
        is_escaped = letter == "\\" and not is_escaped
        field += letter
    yield field


def _strip_quotes(text: str) -> str:
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return text[1:-1]
    if text[:1] != '"':
        return text
    inner = text[1:].removesuffix('"') if text.endswith('"') else text[1:].partition('"')[0]
    plain, is_escaped = "", False
    for letter in inner:
        # Windows programs write whole paths and escape nothing: only a sign is taken for escaped.
        if letter == "\\" and not is_escaped:
            is_escaped = True
            continue
        plain += letter if not is_escaped or letter in '"\\' else "\\" + letter
        is_escaped = False
    return plain
