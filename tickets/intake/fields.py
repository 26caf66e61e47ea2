"""Reading one value of a row, with a sentence for whoever has to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from tickets.mail.mime import make_storable
from tickets.mail.senders import clean_address
from tickets.models.amounts import drop_empty_decimals, find_amount_problem

Row = Mapping[str, Any]

MAX_AMOUNT = Decimal("9999999999.99")
DEFAULT_CURRENCY = "GBP"
AMOUNT_CHARACTERS = frozenset("0123456789.")
HALF_CHARACTERS = re.compile(r"[\ud800-\udfff]")
YEARS = range(1900, 2200)
YES_WORDS = frozenset({"true", "yes", "1", "y"})
NO_WORDS = frozenset({"false", "no", "0", "n", ""})


class BadRow(Exception):
    """This row was not taken, all others were. Says what to do, in a sentence."""


def read_text(row: Row, name: str, limit: int, *, required: bool = False) -> str:
    """The value as trimmed text of at most ``limit`` characters. Raises BadRow."""
    value = row.get(name)
    if isinstance(value, dict | list):
        raise BadRow(f"{name} is a list or an object: give one text")
    found = "" if value is None else make_storable(str(value)).strip()
    if required and not found:
        raise BadRow(f"{name} is missing: every row needs one")
    if len(found) > limit:
        raise BadRow(f"{name} has {len(found)} characters: at most {limit} can be kept, shorten it")
    return found


def read_choice(row: Row, name: str, allowed: list[str], default: str) -> str:
    """One of a few words, in any case. Raises BadRow."""
    found = read_text(row, name, 40).lower() or default
    if found not in allowed:
        raise BadRow(f"{name} is {found!r}: write one of {', '.join(allowed)}")
    return found


def read_email(row: Row, name: str) -> str:
    """An e-mail address, or "". Raises BadRow."""
    found = read_text(row, name, 254)
    if found and not clean_address(found):
        raise BadRow(
            f"{name} is {found!r}, which is not an e-mail address: correct it or leave it empty"
        )
    return found


def read_date(row: Row, name: str) -> date | None:
    """An ISO date, or None. Raises BadRow."""
    found = read_text(row, name, 40)
    if not found:
        return None
    try:
        parsed = parse_date(found) or datetime.fromisoformat(found).date()
    except ValueError:
        raise BadRow(f"{name} is {found!r}: write a date as 2026-03-14") from None
    _check_year(name, found, parsed)
    return parsed


def _check_year(name: str, found: str, day: date) -> None:
    """Raises BadRow for a year that no clock of a shop has shown."""
    if day.year not in YEARS:
        raise BadRow(f"{name} is {found!r}: write a day of {YEARS[0]} to {YEARS[-1]}")


def read_datetime(row: Row, name: str) -> datetime | None:
    """An ISO date and time, or None; without a zone it is the shop's own. Raises BadRow."""
    found = read_text(row, name, 40)
    if not found:
        return None
    try:
        parsed = parse_datetime(found) or datetime.fromisoformat(found)
    except ValueError:
        raise BadRow(
            f"{name} is {found!r}: write a date and time as 2026-03-14T09:30:00Z"
        ) from None
    _check_year(name, found, parsed.date())
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


def read_currency(row: Row) -> str:
    """Three letters; pounds where none is named. Raises BadRow."""
    found = read_text(row, "currency", 3).upper() or DEFAULT_CURRENCY
    if not re.fullmatch("[A-Z]{3}", found):
        raise BadRow(f"currency is {found!r}: write three letters, such as GBP")
    return found


def read_amount(
    row: Row, name: str, currency: str = DEFAULT_CURRENCY, *, required: bool = False
) -> Decimal | None:
    """An amount that can be paid in the currency, or None; never a float. Raises BadRow."""
    found = read_text(row, name, 40, required=required)
    if not found:
        return None
    try:
        amount = Decimal(found)
    except InvalidOperation:
        raise _build_amount_refusal(name, found) from None
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT:
        raise BadRow(f"{name} is {found}: write an amount between 0.00 and {MAX_AMOUNT}")
    if not set(found) <= AMOUNT_CHARACTERS:  # 1_000, 1E+03, digits of another script
        raise _build_amount_refusal(name, found)
    if problem := find_amount_problem(amount, currency):
        raise BadRow(f"{name} is {found}, and {problem}")
    return drop_empty_decimals(amount)


def _build_amount_refusal(name: str, found: str) -> BadRow:
    return BadRow(f"{name} is {found!r}: write an amount as 1234.50, with a point, no currency")


def read_quantity(row: Row, name: str, default: int) -> int:
    """A number of pieces, from 1 up. Raises BadRow."""
    found = read_text(row, name, 12) or str(default)
    if not re.fullmatch(r"\d{1,9}", found, re.ASCII) or int(found) < 1:
        raise BadRow(f"{name} is {found!r}: write a whole number from 1 up")
    return int(found)


def read_flag(row: Row, name: str) -> bool:
    """Yes or no; empty is no. Raises BadRow."""
    found = read_text(row, name, 10).lower()
    if found not in YES_WORDS | NO_WORDS:
        raise BadRow(f"{name} is {found!r}: write true or false")
    return found in YES_WORDS


def read_object_list(row: Row, name: str) -> list[Row]:
    """The objects of a list. Raises BadRow."""
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRow(f"{name} is not a list of objects: write it as [{{…}}, {{…}}]")
    return value


def raise_if_not_utf8(row: Row) -> None:
    """Raise BadRow where bytes were not UTF-8; reading keeps them as halves of characters."""
    for name, value in row.items():
        if isinstance(value, str) and HALF_CHARACTERS.search(value):
            raise BadRow(f"{name} is not UTF-8: save the file as UTF-8")
