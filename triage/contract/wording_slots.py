"""The values in the text of a wording: which names it may use, and which this case has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from triage.contract.case import Fact
from triage.contract.fact_types import FACT_KINDS, HISTORY_KINDS
from triage.contract.slots import CLOSE, OPEN

FIELD: Final = re.compile(r"\{([a-z_]+)\}")
WORDING_KINDS: Final = tuple(
    kind
    for kind in FACT_KINDS
    if kind not in HISTORY_KINDS and not kind.startswith(("said_", "other_")) and kind != "amount"
)
"""The facts that a wording may name: what a reply may state, and nothing that the customer said.
An amount of money back is no word of a saved reply: refunds have their own way."""


def list_fields(text: str) -> tuple[str, ...]:
    """The names between braces, each once, in their order."""
    return tuple(dict.fromkeys(FIELD.findall(text)))


def find_unknown_fields(text: str) -> tuple[str, ...]:
    """The names that no wording may use."""
    return tuple(name for name in list_fields(text) if name not in WORDING_KINDS)


def find_missing_values(text: str, facts: Iterable[Fact]) -> tuple[str, ...]:
    """The names in the text for which this case has no fact."""
    known = {fact.kind for fact in facts}
    return tuple(name for name in list_fields(text) if name not in known)


def mark_slots(text: str) -> str:
    """The text with its names as the marks that a writer points with."""
    return FIELD.sub(lambda match: f"{OPEN}{match[1]}{CLOSE}", text)


def fill_fields(text: str, facts: Iterable[Fact]) -> str:
    """The text with the value of each name; of a kind with several values the first."""
    values: dict[str, str] = {}
    for fact in facts:
        values.setdefault(fact.kind, fact.value)
    return FIELD.sub(lambda match: values.get(match[1], match[0]), text)
