"""Sums of money in free text: £49.00, 49,00 €, GBP 1,234.50, 49 pounds, forty pounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

CURRENCY_SIGNS: Final = {"£": "GBP", "€": "EUR", "$": "USD"}
CURRENCY_NAMES: Final = {"pound": "GBP", "quid": "GBP", "sterling": "GBP", "euro": "EUR", "dollar": "USD", "buck": "USD"}  # fmt: skip
PENCE: Final = re.compile(r"^(?:p|pence|pennies|cents?)$", re.IGNORECASE)
CURRENCY_CODE: Final = r"GBP|EUR|USD|CHF|SEK|NOK|DKK|PLN|CZK|CAD|AUD|NZD|JPY"
CURRENCY_UNIT: Final = rf"[£€$]|(?:{CURRENCY_CODE})\b|(?:pounds?(?: sterling)?|quid|euros?|dollars?|bucks?|p(?!\.?m)|pence|cents?)\b"
FIGURE: Final = r"(?:(?<!\d)\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,2})?(?!\d)|(?<!\d)\d{1,9}(?:[.,]\d{1,2})?(?!\d))"
NUMBER_IN_WORDS: Final = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|a few|several|a couple of)"
    r"(?:[ -](?:and )?(?:one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand))*"
)
MONEY: Final = re.compile(
    rf"(?P<before>[£€$]|\b(?:{CURRENCY_CODE})) ?(?P<figure>{FIGURE})"
    rf"|(?P<plain>{FIGURE}) ?(?P<after>{CURRENCY_UNIT})"
    rf"|\b(?P<worded>{NUMBER_IN_WORDS}) (?:pounds?|quid|euros?|dollars?|bucks?|pence)\b"
    r"|(?<![\d.,/-])(?P<bare>\d{1,6}[.,]\d{2})(?![\d.,/%-])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """A sum as written: ``value`` is None where it is in words, ``currency`` empty where none stands."""

    text: str
    start: int
    value: Decimal | None
    currency: str = ""


def find_amounts(text: str) -> Iterator[Amount]:
    """The sums of money in a text, in order."""
    for found in MONEY.finditer(text):
        figure = found["figure"] or found["plain"] or found["bare"]
        unit = (found["before"] or found["after"] or "").strip()
        value = _parse_figure(figure) if figure else None
        if value is not None and PENCE.match(unit):
            value, unit = value / 100, ""
        yield Amount(found.group().strip(), found.start(), value, _parse_currency(unit))


def mask_amounts(text: str, mark: str) -> str:
    """The text with the mark in place of each sum of money."""
    return MONEY.sub(f"{mark} ", text)


def _parse_figure(figure: str) -> Decimal:
    """The value of a figure: the last separator with one or two digits behind it is the decimal
    one.
    """
    figure = re.sub(r"[ '\u00a0\u202f]", "", figure)
    decimals = re.search(r"[.,](\d{1,2})$", figure)
    whole = figure[: decimals.start()] if decimals else figure
    return Decimal(f"{re.sub(r'[.,]', '', whole) or '0'}.{decimals[1] if decimals else '0'}")


def _parse_currency(unit: str) -> str:
    if unit in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[unit]
    if re.fullmatch(CURRENCY_CODE, unit, re.IGNORECASE):
        return unit.upper()
    return next(
        (code for name, code in CURRENCY_NAMES.items() if unit.lower().startswith(name)), ""
    )
