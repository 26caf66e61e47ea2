"""The quick way to a digest finds no receipt whole that the slow way does not."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.audit.test_canonical_json import INTEGERS, PLAIN, TEXTS, nest
from tickets.audit import receipts
from tickets.audit.canonical_json import make_json_safe
from tickets.audit.quick_rewriting import rewrite_quickly

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:f}")
BEYOND = st.sampled_from([2**53, -(2**53), 10**30])
SCALARS = st.none() | st.booleans() | INTEGERS | BEYOND | TEXTS | st.floats(0, 1)
JSON_TEXTS = st.one_of(
    st.sampled_from(["[]", "{}", "[9007199254740992]", '{"a": [0.000005, 1e400]}', "[NaN]"]),
    nest(PLAIN, TEXTS).map(json.dumps),
    nest(PLAIN, TEXTS).map(lambda value: json.dumps(value, ensure_ascii=False)),
    NUMBERS.map(lambda digits: f'[{digits}, {{"n": {digits}}}]'),
)


def read_or_none(write: Any, text: str) -> str | None:
    """What is written, or None where it is refused."""
    try:
        return str(write(text))
    except ValueError:
        return None


def write_slowly(text: str) -> str:
    return rfc8785.dumps(json.loads(text)).decode()


@given(JSON_TEXTS)
def test_what_is_written_quickly_is_what_the_library_writes(text: str) -> None:
    quick = read_or_none(rewrite_quickly, text)
    assert quick in (None, read_or_none(write_slowly, text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_as_by_the_library_or_left_to_it(number: float) -> None:
    assert read_or_none(rewrite_quickly, f"[{number!r}]") in (
        None,
        read_or_none(write_slowly, f"[{number!r}]"),
    )


@pytest.mark.parametrize(
    "text",
    ["[NaN]", "[Infinity]", "[-Infinity]", "[1e400]", "[9007199254740992]", '["\\ud800"]', "[[]"]
    + ["[0.000005]", "[" * 300 + "]" * 300, '{"😀": 1, "ﬀ": 2}'],
)
def test_what_it_is_not_sure_of_is_left_to_the_slow_way(text: str) -> None:
    assert read_or_none(rewrite_quickly, text) is None


@st.composite
def rows(draw: Any) -> list[Any]:
    """The fields of a receipt as PostgreSQL has them, in the order of BODY_NAMES."""
    drawn: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(receipts.JSON_NAMES, JSON_TEXTS),
        "at": st.datetimes(timezones=st.just(UTC)),
        "cost": st.decimals(0, 100, places=6),
    }
    return [draw(drawn.get(name, SCALARS)) for name in receipts.BODY_NAMES]


def find_digest(row: list[Any]) -> str | None:
    """The digest of a row by the library alone; None of what can never have been sealed."""
    fields = zip(receipts.BODY_NAMES, row, strict=True)
    try:
        body = {name: read_field(name, value) for name, value in fields}
        return hashlib.sha256(rfc8785.dumps(body)).hexdigest()
    except ValueError:
        return None


def read_field(name: str, value: Any) -> Any:
    """A field as JSON value."""
    if name in receipts.JSON_NAMES:
        return json.loads(value)
    return make_json_safe(value)


@given(rows(), rows(), st.sets(st.sampled_from(receipts.BODY_NAMES), max_size=2))
def test_a_receipt_is_whole_if_and_only_if_the_library_finds_its_digest(
    row: list[Any], other: list[Any], forged: set[str]
) -> None:
    digest = find_digest(row)
    now = [
        changed if name in forged else was
        for name, was, changed in zip(receipts.BODY_NAMES, row, other, strict=True)
    ]
    for claimed in (digest or "", hashlib.sha256(b"").hexdigest()):
        assert receipts._is_intact(claimed, now) is (find_digest(now) == claimed)


def test_no_digest_belongs_to_what_cannot_be_sealed() -> None:
    unsealable = ["[NaN]" if name in receipts.JSON_NAMES else "" for name in receipts.BODY_NAMES]
    assert not receipts._is_intact("", unsealable)


def test_numbers_of_another_kind_cost_time_and_no_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later orjson may write them in another way: the slow way is asked then."""
    names = receipts.BODY_NAMES
    row = ["[0.5]" if n in receipts.JSON_NAMES else None for n in names]
    digest = find_digest(row)
    assert digest is not None

    def write_oddly(value: object, option: int) -> bytes:
        return json.dumps(value).replace("0.5", "5e-1").encode()

    monkeypatch.setattr(orjson, "dumps", write_oddly)
    assert rewrite_quickly("[0.5]") == "[5e-1]"
    assert receipts._is_intact(digest, row)


def test_a_usual_receipt_needs_no_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "EXACT_WRITERS", ())
    usual = '{"sure": 0.9017578125, "least": 0.0000000003, "none": 0.0, "said": "€ 😀 \\n"}'
    row = [usual if name in receipts.JSON_NAMES else "a" for name in receipts.BODY_NAMES]
    digest = find_digest(row)
    assert digest is not None
    assert receipts._is_intact(digest, row)
