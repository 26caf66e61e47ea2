"""Whether a customer's own words say that a thing was opened or used.

Pure. It can only send a case to a person, never grant anything: so it errs towards yes, and
only a plain denial right before the word ("never used", "not opened") counts as none.
"""

from __future__ import annotations

import re
from typing import Final

NOT: Final = (
    r"(?:un|not?|never|without|hardly|(?:has|have|had|was|were|is|are|did|do)(?:n[’']?t| not))"
)
BETWEEN: Final = r"(?:\s+(?:yet|even|been|ever|it|them|being|having|actually|really|once)){0,3}"
USED: Final = (
    r"(?:used (?!to\b)|used\b(?! to\b)|using (?:it|them|this)|wore\b|worn\b|washed|slept in|cooked (?:on|in|with)"
    r"|took (?:it|them) (?:out|camping|hiking|on)|pitched (?:it|the)|walked in|assembled"
    r"|put (?:it|them) (?:together|to use)|lit (?:it|the)|stained|muddy|after (?:a|one|two|three|\d+) (?:use|wear|wash|trip)s?)"
)
OPENED: Final = (
    r"(?:opened|unsealed|unwrapped|unboxed|broke the seal|cut (?:off )?the (?:tags?|seal)"
    r"|took (?:off |out of )?(?:it out of )?the (?:tags?|box|wrapp\w+)|threw away the (?:box|packag\w+))"
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
