"""Does a sentence name somebody or something that neither a fact nor a clause names?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from triage.contract.slots import WritingTask
from triage.guardrails.claims.claim import Statement
from triage.nlu.content_words import ORDINARY, PLAIN, STARTERS

NAME: Final = re.compile(r"(?<![\w'-])(?:[A-Z]|[a-z][A-Z])[\w&]*")
LONGEST_INITIALS: Final = 4
INITIALS: Final = re.compile(r"[A-Z]{2,4}|[A-Z][a-z]+[A-Z]\w*")
ENDING: Final = re.compile(r"(?:ly|ing|ed|tion|ment|ness|ance|ence|ship|able|ful)$")
"""Endings of words that begin a sentence and are no names."""
ACTING: Final = re.compile(
    r"\w+(?:'s\b|,? (?:will|has|had|is|was|can|would|from (?:our|the)|at our|who|in our"
    r"|(?:handl|confirm|deliver|tak|say|work|send|need|ask|charg|offer|cover|own|sell|mak|look|want"
    r"|pay|process|manag|run|provid|pack|stor|ship|insur|check|collect|car|bring)e?s)\b)"
)
"""What a name at the beginning of a sentence does there."""
YOURS: Final = re.compile(r"(?:[^.;:!?]*\b)?(?:you|your|customer)\b", re.IGNORECASE)
"""Words that make the rest of a sentence the customer's matter."""


def unknown_name(said: Statement) -> str:
    """A name that neither the facts nor the clauses have, or an empty string."""
    prose = said.prose.replace("’", "'")
    begins = re.match(r"\W*", prose)
    for match in NAME.finditer(prose):
        name = match.group()
        shouted = name.isupper() and (len(name) > LONGEST_INITIALS or name.lower() in PLAIN)
        if shouted or name.lower() in ORDINARY or name.lower() in _known_words(said.task):
            continue
        if begins and match.start() == begins.end() and _only_begins(prose[match.start() :]):
            continue
        if name.lower() in _message_words(said.task) and _taken_up(prose, match):
            continue
        return f"names “{name}”, which no fact or clause does"
    return ""


def _only_begins(sentence: str) -> bool:
    """Whether the first word is there because a sentence has to begin, and not a name."""
    word = sentence.split()[0].strip(",.!?:;•").partition("'")[0]
    if INITIALS.fullmatch(word):
        return False
    ordinary = word.lower() in STARTERS | PLAIN or ENDING.search(word)
    return bool(ordinary) or not ACTING.match(sentence)


def _taken_up(prose: str, name: re.Match[str]) -> bool:
    """Whether a name of the message is said of the customer, and does nothing here itself."""
    before, after = prose[: name.start()], prose[name.end() :]
    near = YOURS.search(before) or YOURS.match(after)
    return bool(near) and not ACTING.match(name.group() + after)


@lru_cache(maxsize=64)
def _message_words(task: WritingTask) -> frozenset[str]:
    """Every word of the customer's message."""
    return frozenset(re.findall(r"\w+", task.ticket.lower()))


@lru_cache(maxsize=64)
def _known_words(task: WritingTask) -> frozenset[str]:
    """Every word of the facts and clauses of a case."""
    text = " ".join(f"{slot.about} {slot.value}" for slot in task.slots)
    return frozenset(re.findall(r"\w+", text.lower()))
