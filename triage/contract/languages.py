"""The languages of messages: their names, and how a reply in each opens and closes. Pure.

The opening greets without a name where none is known; ``{customer}`` and ``{shop}`` are facts.
``day`` is how a date is written in figures.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language that replies can be saved in, by its English name, and its courtesies."""

    name: str
    greeting: str
    bare_greeting: str
    closing: str
    day: str


REPLY_LANGUAGES: Final = {
    "ar": Language(
        name="Arabic",
        greeting="مرحبًا {customer}،",
        bare_greeting="مرحبًا،",
        closing="مع أطيب التحيات،\n{shop}",
        day="{day}/{month}/{year}",
    ),
    "de": Language(
        name="German",
        greeting="Guten Tag, {customer},",
        bare_greeting="Guten Tag,",
        closing="Mit freundlichen Grüßen\n{shop}",
        day="{day}.{month}.{year}",
    ),
    "es": Language(
        name="Spanish",
        greeting="Hola, {customer}:",
        bare_greeting="Hola:",
        closing="Un cordial saludo,\n{shop}",
        day="{day}/{month}/{year}",
    ),
    "fr": Language(
        name="French",
        greeting="Bonjour {customer},",
        bare_greeting="Bonjour,",
        closing="Cordialement,\n{shop}",
        day="{day}/{month}/{year}",
    ),
    "it": Language(
        name="Italian",
        greeting="Buongiorno {customer},",
        bare_greeting="Buongiorno,",
        closing="Cordiali saluti\n{shop}",
        day="{day}/{month}/{year}",
    ),
    "ja": Language(
        name="Japanese",
        greeting="{customer} 様",
        bare_greeting="お客様",
        closing="どうぞよろしくお願いいたします。\n{shop}",
        day="{year}年{month}月{day}日",
    ),
    "nl": Language(
        name="Dutch",
        greeting="Beste {customer},",
        bare_greeting="Goedendag,",
        closing="Met vriendelijke groet,\n{shop}",
        day="{day}-{month}-{year}",
    ),
    "pl": Language(
        name="Polish",
        greeting="Dzień dobry,",
        bare_greeting="Dzień dobry,",
        closing="Z wyrazami szacunku\n{shop}",
        day="{day}.{month}.{year}",
    ),
    "pt": Language(
        name="Portuguese",
        greeting="Olá, {customer}:",
        bare_greeting="Olá:",
        closing="Com os melhores cumprimentos,\n{shop}",
        day="{day}/{month}/{year}",
    ),
    "ru": Language(
        name="Russian",
        greeting="Здравствуйте, {customer}!",
        bare_greeting="Здравствуйте!",
        closing="С уважением,\n{shop}",
        day="{day}.{month}.{year}",
    ),
    "tr": Language(
        name="Turkish",
        greeting="Merhaba {customer},",
        bare_greeting="Merhaba,",
        closing="Saygılarımızla,\n{shop}",
        day="{day}.{month}.{year}",
    ),
    "zh": Language(
        name="Chinese",
        greeting="{customer}，您好：",
        bare_greeting="您好：",
        closing="此致敬礼\n{shop}",
        day="{year}年{month}月{day}日",
    ),
}
"""Those in which a message can get a label, by their ISO 639 codes."""


def write_day(value: str, language: str) -> str:
    """A day as facts have it, 24 June 2026, as that language writes it; what is no day stays."""
    with suppress(ValueError):
        day = datetime.strptime(value, "%d %B %Y")
        return REPLY_LANGUAGES[language].day.format(day=day.day, month=day.month, year=day.year)
    return value
