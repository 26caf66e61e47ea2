"""How a reply in another language opens and closes, with the values on their rows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from triage.contract.case import Case
from triage.contract.languages import REPLY_LANGUAGES
from triage.contract.wording_slots import find_missing_values
from triage.guardrails.attribution import PARAGRAPH_BREAK, Part
from triage.saved_replies.composing import fill_parts

BREAK: Final = Part(text=PARAGRAPH_BREAK)
COURTESY: Final = "shop:courtesy"
"""What a greeting rests on: nothing but the shop's manners."""


def iter_greeting(case: Case) -> Iterator[Part]:
    """The opening, with the customer's name where it is known."""
    language = REPLY_LANGUAGES[case.language]
    named = not find_missing_values(language.greeting, case.facts)
    yield from fill_parts(language.greeting if named else language.bare_greeting, case, COURTESY)


def iter_closing(case: Case) -> Iterator[Part]:
    """The closing, with the name of the shop."""
    return fill_parts(REPLY_LANGUAGES[case.language].closing, case, COURTESY)
