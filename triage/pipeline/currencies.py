"""How small the coins of a currency are, by ISO 4217."""

from __future__ import annotations

from babel.numbers import get_currency_precision

STORED_DECIMALS = 2  # decimals of an amount in our rows


def get_decimal_places(currency: str) -> int:
    """The decimals that an amount in this currency is paid in.

    Of three, as dinars have, two are kept: payment services pay those in steps of ten fils.
    """
    return min(int(get_currency_precision(currency)), STORED_DECIMALS)
