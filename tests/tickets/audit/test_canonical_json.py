"""Canonical JSON is RFC 8785's, byte for byte, whichever way it was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tickets.audit import canonical_json
from tickets.audit.canonical_json import make_json_safe, rewrite_canonical, write_canonical

ODD_CHARACTERS = 'a"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é€ß字\ud7ff\ue000\ufb33\uffff😀𐀀\U0010ffff'
BORDERS = [1e-7, 1e-6, 9.999e-5, 1e-4, 0.1, 2.0**53, 2.0**53 - 1, 1e16, 1e20, 1e21, 1e22, 1.5e300]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(ODD_CHARACTERS))
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(BORDERS)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
PLAIN = st.none() | st.booleans() | INTEGERS | FLOATS | FLOATS.map(lambda x: -x) | TEXTS


class Shade(StrEnum):
    WARM = "warm"


class Rank(IntEnum):
    FIRST = 1


OTHERS = st.decimals() | st.datetimes() | st.dates() | st.sampled_from([Shade.WARM, Rank.FIRST])
NAMES = TEXTS | st.integers() | st.booleans() | st.none() | st.floats() | st.just(Shade.WARM)


def nest(leaves: st.SearchStrategy[Any], names: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.dictionaries(names, inner) | st.tuples(inner, inner),
        max_leaves=20,
    )


def write_by_library(value: object) -> str:
    return rfc8785.dumps(make_json_safe(value)).decode()


def refuses(write: Callable[[], str]) -> bool:
    try:
        write()
    except ValueError:
        return True
    return False


@given(nest(PLAIN | OTHERS, NAMES))
def test_a_value_is_written_as_by_the_library(value: object) -> None:
    assert write_canonical(value) == write_by_library(value)


@given(nest(PLAIN, TEXTS))
def test_a_text_of_postgresql_is_written_as_by_the_library(value: object) -> None:
    """Its names stand in another order there, and numbers without an exponent."""
    text = json.dumps(value)
    assert rewrite_canonical(text) == write_by_library(json.loads(text))


@pytest.mark.parametrize("digits", ["1.0", "-0.0", "0.10", "100000000000000000000.5", "0.0000001"])
def test_digits_that_a_database_keeps_count_by_their_value(digits: str) -> None:
    assert rewrite_canonical(f"[{digits}]") == write_by_library([float(digits)])


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), [10**16], {"a": float("nan")}, "\ud800", ["\ud800"]]
)
def test_what_the_library_refuses_is_refused(value: Any) -> None:
    assert refuses(lambda: write_by_library(value))
    assert refuses(lambda: write_canonical(value).encode().decode())


def test_names_are_sorted_as_in_utf_16() -> None:
    assert write_canonical({"\ufb33": 1, "😀": 2}) == '{"😀":2,"\ufb33":1}'


def test_a_usual_receipt_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_json, "rfc8785", None)
    usual = {"sure": 0.9017578125, "zero": 0.0, "at": datetime(2026, 3, 1, tzinfo=UTC), "€": "😀"}
    text = write_canonical({**usual, "day": date(2026, 3, 1), "cost": Decimal("0.000000")})
    assert rewrite_canonical(text) == text
