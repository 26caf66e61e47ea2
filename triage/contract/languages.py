"""The languages of messages: their names, and how a reply in each opens and closes. Pure.

The opening greets without a name where none is known; ``{customer}`` and ``{shop}`` are facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language that replies can be saved in, by its English name, and its courtesies."""

    name: str
    greeting: str
    bare_greeting: str
    closing: str


REPLY_LANGUAGES: Final = {
    "ar": Language(
        name="Arabic",
        greeting="مرحبًا {customer}،",
        bare_greeting="مرحبًا،",
        closing="مع أطيب التحيات،\n{shop}",
    ),
    "de": Language(
        name="German",
        greeting="Guten Tag, {customer},",
        bare_greeting="Guten Tag,",
        closing="Mit freundlichen Grüßen\n{shop}",
    ),
    "es": Language(
        name="Spanish",
        greeting="Hola, {customer}:",
        bare_greeting="Hola:",
        closing="Un cordial saludo,\n{shop}",
    ),
    "fr": Language(
        name="French",
        greeting="Bonjour {customer},",
        bare_greeting="Bonjour,",
        closing="Cordialement,\n{shop}",
    ),
    "it": Language(
        name="Italian",
        greeting="Buongiorno {customer},",
        bare_greeting="Buongiorno,",
        closing="Cordiali saluti\n{shop}",
    ),
    "ja": Language(
        name="Japanese",
        greeting="{customer} 様",
        bare_greeting="お客様",
        closing="どうぞよろしくお願いいたします。\n{shop}",
    ),
    "nl": Language(
        name="Dutch",
        greeting="Beste {customer},",
        bare_greeting="Goedendag,",
        closing="Met vriendelijke groet,\n{shop}",
    ),
    "pl": Language(
        name="Polish",
        greeting="Dzień dobry,",
        bare_greeting="Dzień dobry,",
        closing="Z wyrazami szacunku\n{shop}",
    ),
    "pt": Language(
        name="Portuguese",
        greeting="Olá, {customer}:",
        bare_greeting="Olá:",
        closing="Com os melhores cumprimentos,\n{shop}",
    ),
    "ru": Language(
        name="Russian",
        greeting="Здравствуйте, {customer}!",
        bare_greeting="Здравствуйте!",
        closing="С уважением,\n{shop}",
    ),
    "tr": Language(
        name="Turkish",
        greeting="Merhaba {customer},",
        bare_greeting="Merhaba,",
        closing="Saygılarımızla,\n{shop}",
    ),
    "zh": Language(
        name="Chinese",
        greeting="{customer}，您好：",
        bare_greeting="您好：",
        closing="此致敬礼\n{shop}",
    ),
}
"""Those in which a message can get a label, by their ISO 639 codes."""
