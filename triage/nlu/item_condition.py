"""Whether a customer's own words say that a thing was opened or used.

Pure. It can only send a case to a person, never grant anything: so it errs towards yes, and
only a plain denial right before the word ("never used", "not opened") counts as none.
"""

from __future__ import annotations

import re
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_groups

SAID: Final = load_groups(LEXICONS / "conditions.toml", plain_spaces=True)
NOT: Final = rf"(?:{SAID['plain_not']}|{SAID['negated_have']}(?:n[’']?t| not))"
BETWEEN: Final = rf"(?:\s+{SAID['between']}){{0,3}}"
USED: Final = (
    rf"(?:used (?!to\b)|used\b(?! to\b)|{SAID['worn']}\b|{SAID['used']}"
    rf"|after (?:{SAID['use_count']}|\d+) {SAID['use_kind']}s?)"
)
OPENED: Final = (
    rf"(?:{SAID['opened']}|threw away the packag\w+"
    rf"|took (?:off |out of )?(?:it out of )?the (?:{SAID['packaging']}|wrapp\w+))"
)
DENIED_USE: Final = re.compile(
    rf"\b{NOT}{BETWEEN}[\s-]*(?:{USED}|{OPENED})|\b(?:i|we|you) used your\b", re.IGNORECASE
)
USED_PATTERN: Final = re.compile(rf"\b{USED}", re.IGNORECASE)
OPENED_PATTERN: Final = re.compile(rf"\b{OPENED}", re.IGNORECASE)
MAX_TEXT_CHARS: Final = 20_000


def is_reported_used(text: str) -> bool:
    """Whether a text says that somebody may have used, worn, washed or assembled a thing."""
    return bool(USED_PATTERN.search(_remove_denials(text)))


def is_reported_opened(text: str) -> bool:
    """Whether a text says that the packaging of a thing may have been opened."""
    return bool(OPENED_PATTERN.search(_remove_denials(text)))


def _remove_denials(text: str) -> str:
    """The text without what is denied, and without the website that somebody used."""
    return DENIED_USE.sub(" ", text[:MAX_TEXT_CHARS])
