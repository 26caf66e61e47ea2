"""Canonical JSON (RFC 8785), written by Python's own encoder in C wherever that writes the same.

It does for everything but numbers that JavaScript writes in another way, and names of fields whose
order differs in UTF-16; the library ``rfc8785``, thirty times slower, writes what holds those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

import rfc8785

MAX_INTEGER = 2**53 - 1
"""The largest integer that a double holds exactly (RFC 8785, section 3.2.2.3)."""
MIN_PLAIN_FLOAT = 1e-4
"""From here up, and below 2^53, Python writes a number as JavaScript does: without an exponent."""
MAX_REPEATED_TEXTS = 4_096


class _Unsure(Exception):
    """Python's encoder may write this otherwise than RFC 8785 says."""


def make_json_safe(value: object) -> Any:
    """The value as JSON has it; decimals and times as text, so that no digit is lost."""
    match value:
        case dict():
            return {str(key): make_json_safe(item) for key, item in value.items()}
        case list() | tuple():
            return [make_json_safe(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def write_canonical(value: object) -> str:
    """The canonical JSON of anything that ``make_json_safe`` takes. Raises ValueError.

    It cannot be written where it has an integer beyond 2^53, NaN, or half a character.
    """
    write = _SCALAR_WRITERS.get(type(value))
    if write:
        return write(value)
    if type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER:
        return str(value)
    try:
        return _encode_settled(_settle(value))
    except (_Unsure, UnicodeEncodeError):
        return rfc8785.dumps(make_json_safe(value)).decode()


def rewrite_canonical(text: str) -> str:
    """The canonical JSON of what the JSON ``text`` says. Raises ValueError."""
    try:
        return _encode_settled(_DECODE(text))
    except (_Unsure, UnicodeEncodeError):
        return rfc8785.dumps(json.loads(text)).decode()


rewrite_repeated = lru_cache(MAX_REPEATED_TEXTS)(rewrite_canonical)
"""The same for a text that comes again and again, and that no customer wrote: it is kept."""


def _encode_settled(settled: object) -> str:
    """Raises _Unsure where names may sort otherwise in UTF-16, and UnicodeEncodeError for half a
    character.
    """
    text = _ENCODE(settled)
    if may_sort_otherwise(text):
        raise _Unsure
    return text


def may_sort_otherwise(text: str) -> bool:
    """Whether names in it may sort otherwise in UTF-16: with characters beyond U+FFFF, and some
    just below. Raises UnicodeEncodeError for half a character.
    """
    if text.isascii() or 2 * len(text) == len(text.encode("utf-16-le")):
        return False
    return any("\ue000" <= char <= "\uffff" for char in text)


def _settle(value: object) -> Any:
    """The value as JSON has it, each number in the one type that is written right."""
    settle: Callable[[Any], Any] = _SETTLERS.get(type(value), _settle_other)
    return settle(value)


def _settle_integer(value: int) -> int:
    if -MAX_INTEGER <= value <= MAX_INTEGER:
        return int(value)
    raise _Unsure


def _settle_float(value: float) -> float:
    if MIN_PLAIN_FLOAT <= abs(value) <= MAX_INTEGER or value == 0:
        return int(value) if value.is_integer() else float(value)
    raise _Unsure


def _settle_object(value: dict[object, object]) -> dict[str, Any]:
    return {str(key): _settle(item) for key, item in value.items()}


def _settle_list(value: list[object] | tuple[object, ...]) -> list[Any]:
    return [_settle(item) for item in value]


def _settle_other(value: object) -> Any:
    """What is neither plain JSON nor a subclass of it becomes text, as in ``make_json_safe``."""
    for kind, settle in _SETTLERS.items():
        if isinstance(value, kind):
            return settle(value)
    return make_json_safe(value)


def _keep(value: Any) -> Any:
    return value


_SETTLERS: dict[type, Callable[[Any], Any]] = {
    str: _keep,
    type(None): _keep,
    bool: _keep,
    int: _settle_integer,
    float: _settle_float,
    dict: _settle_object,
    list: _settle_list,
    tuple: _settle_list,
}
_SCALAR_WRITERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    datetime: lambda value: f'"{value.isoformat()}"',
    Decimal: lambda value: f'"{value}"',
}
_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
_DECODE = json.JSONDecoder(
    parse_float=lambda digits: _settle_float(float(digits)),
    parse_int=lambda digits: _settle_integer(int(digits)),
).decode
