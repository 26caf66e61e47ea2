"""Sums of money in free text: £49.00, 49,00 €, GBP 1,234.50, 49 pounds, forty pounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_groups

CURRENCY_SIGNS: Final = {"£": "GBP", "€": "EUR", "$": "USD"}
CURRENCY_NAMES: Final = {
    "pound": "GBP",
    "quid": "GBP",
    "sterling": "GBP",
    "euro": "EUR",
    "dollar": "USD",
    "buck": "USD",
}
SAID: Final = load_groups(LEXICONS / "money.toml", plain_spaces=True)
PENCE: Final = re.compile(rf"^{SAID['pence']}$", re.IGNORECASE)
CURRENCY_CODE: Final = SAID["code"]
CURRENCY_UNIT: Final = rf"[£€$]|{CURRENCY_CODE}\b|(?:{SAID['unit_word']}|p(?!\.?m))\b"
FIGURE: Final = (
    r"(?:(?<!\d)\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,2})?(?!\d)"
    r"|(?<!\d)\d{1,9}(?:[.,]\d{1,2})?(?!\d))"
)
NUMBER_IN_WORDS: Final = rf"{SAID['number']}(?:[ -](?:and )?{SAID['next_number']})*"
MONEY: Final = re.compile(
    rf"(?P<before>[£€$]|\b{CURRENCY_CODE}) ?(?P<figure>{FIGURE})"
    rf"|(?P<plain>{FIGURE}) ?(?P<after>{CURRENCY_UNIT})"
    rf"|\b(?P<worded>{NUMBER_IN_WORDS}) {SAID['worded_unit']}\b"
    r"|(?<![\d.,/-])(?P<bare>\d{1,6}[.,]\d{2})(?![\d.,/%-])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """A sum as written: ``value`` is None where it is in words, ``currency`` empty where none
    stands.
    """

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
