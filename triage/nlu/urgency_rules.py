"""How soon it matters, and whether a person wrote it, by signs alone: without any model.

Pure. What is read here stands where no model could read the text, and beside it for what a
mail's header says of itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from triage.contract.outcomes import HIGH, NORMAL, URGENT
from triage.nlu.lexicon import LEXICONS, load_groups

SAID: Final = load_groups(LEXICONS / "urgency.toml", plain_spaces=True, any_apostrophe=False)
URGENCY_SIGNS: Final[Mapping[str, tuple[int, str]]] = {
    "danger": (2, rf"\b(?:{SAID['danger']}|cut {SAID['own']} \w+)\b"),
    "a date that will pass": (1, rf"\b{SAID['date']}\b"),
    "money is missing": (1, rf"\b{SAID['money']}\b"),
    "a complaint may follow": (1, rf"\b{SAID['complaint']}\b"),
    "the patience is gone": (1, rf"\b{SAID['patience']}\b|!!+"),
}

MARK_WEIGHTS: Final[Mapping[str, float]] = {
    "a delivery report": 8.0,
    "written by a mail server": 7.0,
    "an automatic reply": 4.0,
    "marked as spam on its way": 3.0,
    "sent in bulk": 2.0,
    "a newsletter": 2.0,
}
"""What a mail's header says of itself, and by how much that moves the log-odds that nobody
asks us for anything. Set by hand: forgeable, and some shops' own forms carry one."""

ADVERTISING_MARKS: Final = frozenset({"marked as spam on its way", "sent in bulk", "a newsletter"})
DEFAULT_UNWANTED_SHARE: Final = 0.02
"""The share of unwanted mail that is assumed where no model read the text."""


def compute_urgency(text: str) -> tuple[int, tuple[str, ...]]:
    """The urgency of a text, 2 (normal) to 4 (urgent), and the signs found, each with its words.

    One sign alone moves nothing but a danger, and never to urgent.
    """
    found = [
        (weight, f"{sign}: “{match.group().strip()}”")
        for sign, (weight, pattern) in URGENCY_SIGNS.items()
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    score = sum(weight for weight, _ in found)
    level = NORMAL if score < 2 else HIGH if score < 3 or len(found) < 2 else URGENT
    return level, tuple(because for _, because in found)


def compute_unwanted_share(share: float | None, marks: tuple[str, ...]) -> float:
    """The share of unwanted mail, 0 to 1, once the marks of the header are added to its log-odds.

    ``share`` is what a model says of the text, None where none read it.
    """
    share = min(max(DEFAULT_UNWANTED_SHARE if share is None else share, 1e-6), 1 - 1e-6)
    odds = math.log(share / (1 - share)) + sum(MARK_WEIGHTS.get(mark, 0.0) for mark in marks)
    return 1 / (1 + math.exp(-odds))
