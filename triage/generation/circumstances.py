"""What a message tells beside its matter, and what of that is grave: a danger, a death. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

from triage.contract.slots import SLOT, WritingTask
from triage.generation.phrases import load_phrases
from triage.generation.prompt import clean_text, format_message
from triage.nlu.lexicon import load_lexicon, match_any

MAX_REACTIONS: Final = 2
MAX_MESSAGE_WORDS: Final = 2000
URGENT_LEVELS: Final = ("high", "urgent")
WORD_END: Final = r"(?!\w|.?s day\b)"
"""Behind a whole word; the day of mothers and fathers is another thing than they."""
DENIAL_WORDS: Final = load_lexicon(Path(__file__).with_name("denial_words.toml"))
NOT: Final = (
    rf"(?<!\w)(?:{match_any(DENIAL_WORDS['negations'])}"
    rf"|{match_any(DENIAL_WORDS['contracted'])}n[' ]?t)"
)
DENIED: Final = re.compile(NOT + r"(?: [\w'-]+){0,2} $")
DENIED_GRAVELY: Final = re.compile(rf"{NOT}(?: {match_any(DENIAL_WORDS['between'])}){{0,3}} $")
"""A denial right before a cue. Where a wrong guess hides what is grave, only words that
belong to the denial may stand between: "i could not return it my husband died"."""
DENIAL_REACH_CHARS: Final = 60


def find_circumstances(task: WritingTask) -> Iterator[str]:
    """What the message, as the writer reads it, tells beside the matter: the gravest of the
    table's names whose cues it has, at most MAX_REACTIONS, without those they silence. What
    is grave is not overlooked behind the words that the writer reads.
    """
    tables = load_phrases("circumstances")
    read, whole = format_message(task), clean_text(SLOT.sub(" # ", task.ticket), MAX_MESSAGE_WORDS)
    told = [
        name
        for name, table in tables.items()
        if not (table.get("calm") and task.urgency in URGENT_LEVELS)
        and any(
            _has_undenied_cue(said, name) for said in ((read, whole) if is_grave(name) else (read,))
        )
    ]
    silenced = {other for name in told for other in tables[name].get("silences", ())}
    return islice((name for name in told if name not in silenced), MAX_REACTIONS)


def find_grave_circumstances(task: WritingTask) -> tuple[str, ...]:
    """The circumstances that a reply has to take up: a danger, a death."""
    return tuple(name for name in find_circumstances(task) if is_grave(name))


def is_grave(name: str) -> bool:
    return bool(load_phrases("circumstances")[name].get("grave"))


def _has_undenied_cue(said: str, name: str) -> bool:
    """Whether the clean text has a cue of the circumstance that it does not deny."""
    denied = DENIED_GRAVELY if is_grave(name) else DENIED
    return any(
        not denied.search(said, max(0, cue.start() - DENIAL_REACH_CHARS), cue.start())
        for cue in _compile_cues(name).finditer(said)
    )


@cache
def _compile_cues(name: str) -> re.Pattern[str]:
    """The cues of a circumstance as whole words."""
    cues = "|".join(map(_build_cue_pattern, load_phrases("circumstances")[name]["cues"]))
    return re.compile(rf"\b(?:{cues}){WORD_END}")


def _build_cue_pattern(cue: str) -> str:
    """A cue as a pattern, its apostrophes and hyphens written or not; "'s" is anybody's."""
    whose, words = (r"\w+[' ]", cue[1:]) if cue.startswith("'") else ("", cue)
    return whose + re.escape(words).replace("'", "[' ]?").replace(r"\-", "[- ]?")
