"""Bytes of mails as text, in the charset that mail programs and browsers mean by a name.

Names are read as the WHATWG Encoding Standard does (``iso-8859-1`` is windows-1252), then as
Python knows them. A byte that fits nowhere costs one character, never the text.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from functools import cache

import chardet
import webencodings
from chardet import EncodingEra
from webencodings.labels import LABELS

REPLACEMENT = "\ufffd"
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
# What a program writes that knows no charset: the bytes are looked at instead.
NO_PROMISE = frozenset("ascii us-ascii ansi_x3.4-1968 unknown-8bit x-unknown 8bit binary".split())
# webencodings names Python's plain codecs here, which lack letters that programs write.
WIDER_CODECS = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
# Which codec of the same charset knows the letters that one of them has not.
OTHER_CODECS = {"big5hkscs": "cp950", "cp950": "big5hkscs", "cp932": "shift_jis_2004"}
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
)
MULTIBYTE_CODECS = frozenset(
    "utf-7 utf-8 utf-16 utf-32 gb18030 cp932 cp949 big5hkscs euc_jp hz".split()
)
ISO_2022_ESCAPES = {
    b"\x1b$)C": "iso2022_kr",
    b"\x1b$": "iso2022_jp_ext",
    b"\x1b(": "iso2022_jp_ext",
}
MAX_META_BYTES = 4_096  # bytes of a page in which its charset is looked for (HTML asks for 1,024)
MIN_GUESSED_BYTES = 4  # bytes outside ASCII; fewer say nothing about a charset
MIN_GUESS_CONFIDENCE = 0.08  # of chardet: above what it says of Western words of four letters
MAX_WRONG_SHARE = 0.2  # of the characters outside ASCII; more, and the charset is another one


def decode_bytes(data: bytes, label: str = "", hints: Iterable[str] = ()) -> str:
    """The text of bytes said to be in the charset ``label``; ``hints`` are charsets that the
    same mail names elsewhere, asked where nothing is said or what is said cannot be.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    codec = "" if _normalize_label(label) in NO_PROMISE else find_codec(label)
    if codec.startswith(("utf-16", "utf-32")):
        return _decode_wide(data, codec, hints)
    if not codec:
        return _decode_unlabelled(data, hints)
    return _decode_labelled(data, codec, hints)


def decode_html_bytes(data: bytes, label: str = "", hints: Iterable[str] = ()) -> str:
    """The same of a page: where its mail names no charset, the one in its ``<meta>`` counts."""
    if not find_codec(label) or _normalize_label(label) in NO_PROMISE:
        label = find_meta_charset(data) or label
    return decode_bytes(data, label, hints)


@cache
def find_codec(label: str) -> str:
    """The name of Python's codec for a charset's name, or "" for a name nobody knows."""
    for name in _iter_spellings(_normalize_label(label)):
        known = webencodings.lookup(name)
        if known and known.name not in {"replacement", "x-user-defined"}:
            return _replace_codec(known.codec_info.name)
        codec = _find_python_codec(name)
        if codec:
            return _replace_codec(codec)
    return ""


def find_meta_charset(data: bytes) -> str:
    """The charset in the ``<meta>`` of a page, or in its XML line; "" where there is none."""
    head = _strip_comments(data[:MAX_META_BYTES].decode("latin-1").lower())
    for start in ("<meta", "<?xml"):
        for tag in head.split(start)[1:]:
            label = _find_attribute(tag.partition(">")[0], "charset", "encoding")
            if find_codec(label):
                # The page could be read up to here, so it is in no wide encoding.
                return "utf-8" if find_codec(label).startswith("utf-16") else label
    return ""


def _strip_comments(html: str) -> str:
    first, *rest = html.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)


def _find_attribute(tag: str, *names: str) -> str:
    for name in names:
        value = tag.partition(name)[2].lstrip()
        if value.startswith("="):
            bare = value[1:].lstrip(" \t\r\n\"'")
            words = bare.translate(dict.fromkeys(map(ord, "'\";/"), " ")).split()
            return words[0] if words else ""
    return ""


def _normalize_label(label: str) -> str:
    """The name without what programs put around it: quotation marks, a language, a comment."""
    plain = label.strip(" \t\r\n\"';,").lower()
    return plain.split(";")[0].split("//")[0].split("*")[0].strip(" \"'")


def _iter_spellings(label: str) -> Iterable[str]:
    """The name, then what differs in punctuation only, then what its digits alone say."""
    if not label or not label.isascii() or len(label) > 60:
        return
    yield label
    bare = _strip_punctuation(label)
    yield _index_labels().get(bare, "")
    digits = "".join(letter for letter in bare if letter.isdigit())
    if bare.startswith(("cp", "win", "windows", "ibm", "ms")) and digits:
        yield "utf-8" if digits == "65001" else f"cp{digits}"
    parts = label.replace("_", "-").split("-")
    for end in range(len(parts) - 1, 1, -1):  # iso-2022-jp-ms, iso-8859-1-windows-…
        yield "-".join(parts[:end])
    if bare.startswith("utf8"):
        yield "utf-8"
    if bare.startswith("x"):
        yield from _iter_spellings(bare[1:])


def _strip_punctuation(label: str) -> str:
    return "".join(letter for letter in label if letter.isalnum())


@cache
def _index_labels() -> dict[str, str]:
    return {_strip_punctuation(label): label for label in LABELS}


def _find_python_codec(name: str) -> str:
    if not name or name.replace("_", "-") in NOT_CHARSETS:
        return ""
    try:
        b"text".decode(name, "replace")
    except (LookupError, ValueError):
        return ""
    return codecs.lookup(name).name


def _replace_codec(name: str) -> str:
    return WIDER_CODECS.get(name, name)


def _decode_labelled(data: bytes, codec: str, hints: Iterable[str]) -> str:
    if codec == "utf-8":
        return _decode_near_utf_8(data, hints)
    if _is_single_byte(codec):
        text = _decode_strictly(data, "utf-8")
        if text is not None and not data.isascii():
            return text  # nobody writes letters that happen to be UTF-8
    elif _is_eastern_utf_8(data):
        return data.decode()
    text = data.decode(codec, "read_vendor_letter")
    if text.count(REPLACEMENT) <= max(1, MAX_WRONG_SHARE * _count_high(text)):
        return text
    return _decode_unlabelled(data, hints)


def _is_eastern_utf_8(data: bytes) -> bool:
    """Whether bytes said to be Chinese, Japanese or Korean are UTF-8: its letters take three bytes
    there, which bytes in pairs hardly ever look like.
    """
    high = [letter for letter in _decode_strictly(data, "utf-8") or "" if letter > "\x7f"]
    return len(high) > 1 and 2 * sum(letter > "\u07ff" for letter in high) > len(high)


def _count_high(text: str) -> int:
    return sum(letter > "\x7f" for letter in text)


def _decode_wide(data: bytes, codec: str, hints: Iterable[str]) -> str:
    """UTF-16 and UTF-32 without a mark: by where the zeros of Latin letters stand."""
    if b"\0" not in data and _decode_strictly(data, "utf-8") is not None:
        return _decode_unlabelled(data, hints)
    if codec.endswith(("-le", "-be")) and codec.startswith("utf-32"):
        return data.decode(codec, "replace")
    width = 4 if codec.startswith("utf-32") else 2
    is_big = data[0::width].count(0) > data[width - 1 :: width].count(0)
    return data.decode(f"utf-{width * 8}-{'be' if is_big else 'le'}", "replace")


def _decode_unlabelled(data: bytes, hints: Iterable[str]) -> str:
    for sign, codec in ISO_2022_ESCAPES.items():
        if sign in data and data.isascii():
            return data.decode(codec, "read_vendor_letter")
    text = _decode_strictly(data, "utf-8")
    return _guess_text(data, hints) if text is None else text


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except ValueError:
        return None


def _decode_near_utf_8(data: bytes, hints: Iterable[str]) -> str:
    """UTF-8; where more is wrong than right it was no UTF-8."""
    good, bad = _count_utf_8(data)
    return data.decode("utf-8", "read_windows_byte") if good >= bad else _guess_text(data, hints)


def _count_utf_8(data: bytes) -> tuple[int, int]:
    """The characters outside ASCII that are UTF-8, and the bytes that are not."""
    lenient = data.decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= letter <= "\udcff" for letter in lenient)
    return _count_high(lenient) - bad, bad


def _guess_text(data: bytes, hints: Iterable[str]) -> str:
    """The text of bytes outside ASCII that are no UTF-8 and say no charset."""
    named = [find_codec(hint) for hint in hints if _normalize_label(hint) not in NO_PROMISE]
    codecs_named = [codec for codec in named if codec and codec != "utf-8"]
    good, bad = _count_utf_8(data)
    for codec in sorted(codecs_named, key=_is_single_byte):
        if _is_single_byte(codec) and good >= bad:
            break  # these fit any bytes
        text = _decode_strictly(data, codec)
        if text is not None:
            return text
    codec = "utf-8" if good >= bad else _guess_codec(data)
    return data.decode(codec, "read_windows_byte" if codec == "utf-8" else "replace")


def _is_single_byte(codec: str) -> bool:
    return codec not in MULTIBYTE_CODECS and not codec.startswith("iso2022")


def _guess_codec(data: bytes) -> str:
    high = bytes(each for each in data if each > 0x7F)
    if len(high) >= MIN_GUESSED_BYTES:
        guess = chardet.detect(data, encoding_era=EncodingEra.MODERN_WEB)
        if guess["encoding"] and (guess["confidence"] or 0) >= MIN_GUESS_CONFIDENCE:
            return find_codec(guess["encoding"]) or "cp1252"
    return "cp1252"


def _read_vendor_letter(error: UnicodeError) -> tuple[str, int]:
    """Error handler: the letters that NEC and IBM added to JIS X 0208, as cp932 has them, and
    those of OTHER_CODECS.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding in OTHER_CODECS:
        wrong = error.object[error.start : error.start + 2]
        text = _decode_strictly(wrong, OTHER_CODECS[error.encoding]) if len(wrong) == 2 else None
        return (text, error.start + 2) if text else (REPLACEMENT, error.end)
    pair = bytes(each & 0x7F for each in error.object[error.start : error.start + 2])
    if error.encoding.startswith(("iso2022_jp", "euc_jp")) and _is_jis_pair(pair):
        text = _decode_strictly(_convert_jis_pair(*pair), "cp932")
        if text:
            return text, error.start + 2
    return REPLACEMENT, error.start + 1 if error.encoding.startswith("iso") else error.end


def _is_jis_pair(pair: bytes) -> bool:
    return len(pair) == 2 and all(0x21 <= each <= 0x7E for each in pair)


def _convert_jis_pair(first: int, second: int) -> bytes:
    """Row and cell of JIS X 0208 as Shift_JIS writes them."""
    row, cell = first - 0x21, second - 0x21
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 0x3F)
    return bytes([lead, trail])


def _read_windows_byte(error: UnicodeError) -> tuple[str, int]:
    """Error handler: a byte between UTF-8 as windows-1252 has it, since footers are glued below
    mails as they are; of a character that was cut short, one mark for all its bytes.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    is_cut = len(wrong) > 1 or (error.end == len(error.object) and 0xC2 <= wrong[0] <= 0xF4)
    return REPLACEMENT if is_cut else wrong.decode("cp1252", "replace"), error.end


codecs.register_error("read_vendor_letter", _read_vendor_letter)
codecs.register_error("read_windows_byte", _read_windows_byte)
