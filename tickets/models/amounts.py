"""Money as our rows hold it, and how small the coins of each currency are."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

_Set = TypeVar("_Set")
_Get = TypeVar("_Get")

CURRENCIES: Final = Path(__file__).with_name("currencies.toml")
USUAL_DECIMALS: Final = 2
"""Of a currency that ISO 4217 does not list any more, or not yet."""
CENT: Final = Decimal(1).scaleb(-USUAL_DECIMALS)
MONEY_FIELD_OPTIONS: Final[dict[str, Any]] = {"max_digits": 14, "decimal_places": 4}
"""Ten digits before the point, and after it as many as any currency of ISO 4217 has."""


class MoneyField(models.DecimalField[_Set, _Get]):
    """An amount of any currency; read back with two decimals, or with more where it has them.

    So an amount in pounds is written the same everywhere, whatever other currencies need.
    """

    def from_db_value(self, value: Decimal | None, *_: object) -> Decimal | None:
        return None if value is None else drop_empty_decimals(value)


def drop_empty_decimals(amount: Decimal) -> Decimal:
    """The same amount without zeros after its second decimal."""
    cents = amount.quantize(CENT)
    return cents if cents == amount else amount.normalize()


def write_amount(amount: Decimal) -> str:
    """The amount as it is kept in texts and digests: 49.00, or 1.125."""
    return str(drop_empty_decimals(amount))


@cache
def load_minor_units() -> dict[str, int]:
    """Currency code -> its decimals, by ISO 4217."""
    table: list[dict[str, Any]] = tomllib.loads(CURRENCIES.read_text())["minor_units"]
    return {code: row["decimals"] for row in table for code in row["codes"].split()}


def get_decimal_places(currency: str) -> int:
    """The decimals that an amount in this currency is paid in."""
    return load_minor_units().get(currency, USUAL_DECIMALS)


def find_amount_problem(amount: Decimal, currency: str) -> str:
    """Why nobody can pay such an amount, as the end of a sentence; empty where one can."""
    places = get_decimal_places(currency)
    if amount == amount.quantize(Decimal(1).scaleb(-places)):
        return ""
    if not places:
        return f"{currency} has no smaller coins: write a whole amount"
    return f"{currency} has {places} decimals: round it yourself"


def raise_if_unpayable(row: models.Model, currency: str, *names: str) -> None:
    """Raise ValidationError for each of these fields with an amount its currency has not."""
    found = {name: getattr(row, name) for name in names}
    problems = {
        name: f"That cannot be paid: {problem}."
        for name, amount in found.items()
        if amount is not None and (problem := find_amount_problem(Decimal(amount), currency))
    }
    if problems:
        raise ValidationError(problems)
