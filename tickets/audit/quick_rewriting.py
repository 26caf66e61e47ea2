"""Canonical JSON of what PostgreSQL has as text, by a faster encoder, to look for a known digest.

A text of this module that has the digest of a receipt proves that the receipt says what was
sealed. One that has not proves nothing: ``canonical_json`` is asked again, as for everything that
raises here. So a later encoder that wrote a number in another way would cost time and no truth.
"""

from __future__ import annotations

import json
from functools import lru_cache

import orjson

from tickets.audit.canonical_json import MAX_INTEGER, MAX_REPEATED_TEXTS, may_sort_otherwise

EMPTY = frozenset({"[]", "{}"})
MIN_PLAIN_FLOAT = 1e-5
"""From here up orjson writes a number as JavaScript does: without an exponent."""
MAX_TINY_FLOAT = 1e-6
"""And below this, both with one; JavaScript alone has none between the two."""
MAX_REPEATED_NUMBERS = 16_384


class Unsure(ValueError):
    """orjson may write this otherwise than RFC 8785 says."""


def rewrite_quickly(text: str) -> str:
    """The canonical JSON of what the JSON ``text`` says. Raises Unsure and other ValueErrors
    where it is not known to be.
    """
    if text in EMPTY:
        return text
    try:
        written = orjson.dumps(_DECODE(text), option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:  # half a character, or nested too deep
        raise Unsure from error
    if may_sort_otherwise(written):
        raise Unsure
    return written


rewrite_repeated_quickly = lru_cache(MAX_REPEATED_TEXTS)(rewrite_quickly)
"""The same for a text that comes again and again, and that no customer wrote: it is kept."""


@lru_cache(MAX_REPEATED_NUMBERS)
def _read_integer(digits: str) -> int:
    value = int(digits)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise Unsure
    return value


@lru_cache(MAX_REPEATED_NUMBERS)
def _read_float(digits: str) -> float:
    """The number in the type that is written right: a whole one has no point."""
    value = float(digits)
    if value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)
    if MIN_PLAIN_FLOAT <= abs(value) <= MAX_INTEGER or abs(value) < MAX_TINY_FLOAT:
        return value
    raise Unsure


def _refuse_constant(name: str) -> float:
    """NaN and the infinities: orjson would write null."""
    raise Unsure(name)


_DECODE = json.JSONDecoder(
    parse_float=_read_float, parse_int=_read_integer, parse_constant=_refuse_constant
).decode
