"""Does a sentence name somebody or something that neither a fact nor a clause names?"""

from __future__ import annotations

import re
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.contract.slots import WritingTask
from triage.guardrails.statement import Statement
from triage.nlu.content_words import CAPITALISABLE_WORDS, FUNCTION_WORDS, SENTENCE_STARTERS

NAME: Final = re.compile(r"(?<![\w'-])(?:[A-Z]|[a-z][A-Z])[\w&]*")
MAX_INITIALS_CHARS: Final = 4
INITIALS: Final = re.compile(r"[A-Z]{2,4}|[A-Z][a-z]+[A-Z]\w*")
NON_NAME_ENDING: Final = re.compile(r"(?:ly|ing|ed|tion|ment|ness|ance|ence|ship|able|ful)$")
"""Endings of words that begin a sentence and are no names."""
ACTOR_VERB: Final = re.compile(
    r"\w+(?:'s\b|,? (?:will|has|had|is|was|can|would|from (?:our|the)|at our|who|in our"
    r"|(?:handl|confirm|deliver|tak|say|work|send|need|ask|charg|offer|cover|own|sell|mak|look|want"
    r"|pay|process|manag|run|provid|pack|stor|ship|insur|check|collect|car|bring)e?s)\b)"
)
"""What a name at the beginning of a sentence does there."""
CUSTOMER_REFERENCE: Final = re.compile(r"(?:[^.;:!?]*\b)?(?:you|your|customer)\b", re.IGNORECASE)
"""Words that make the rest of a sentence the customer's matter."""


def find_unknown_name(said: Statement) -> str:
    """Why a sentence names what neither the facts nor the clauses name, or an empty string."""
    prose = said.prose.replace("’", "'")
    begins = re.match(r"\W*", prose)
    for match in NAME.finditer(prose):
        name = match.group()
        shouted = name.isupper() and (
            len(name) > MAX_INITIALS_CHARS or name.lower() in FUNCTION_WORDS
        )
        if (
            shouted
            or name.lower() in CAPITALISABLE_WORDS
            or name.lower() in _get_known_words(said.task)
        ):
            continue
        if (
            begins
            and match.start() == begins.end()
            and _is_sentence_starter(prose[match.start() :])
        ):
            continue
        if name.lower() in _get_message_words(said.task) and _is_customer_mention(prose, match):
            continue
        return f"names “{name}”, which no fact or clause does"
    return ""


def _is_sentence_starter(sentence: str) -> bool:
    """Whether the first word is capitalised only because it begins the sentence, and is no name."""
    word = sentence.split()[0].strip(",.!?:;•").partition("'")[0]
    if INITIALS.fullmatch(word):
        return False
    ordinary = word.lower() in SENTENCE_STARTERS | FUNCTION_WORDS or NON_NAME_ENDING.search(word)
    return bool(ordinary) or not ACTOR_VERB.match(sentence)


def _is_customer_mention(prose: str, name: re.Match[str]) -> bool:
    """Whether a name from the message stands for the customer's matter and acts in nothing here."""
    before, after = prose[: name.start()], prose[name.end() :]
    near = CUSTOMER_REFERENCE.search(before) or CUSTOMER_REFERENCE.match(after)
    return bool(near) and not ACTOR_VERB.match(name.group() + after)


@keep_on_argument
def _get_message_words(task: WritingTask) -> frozenset[str]:
    """Every word of the customer's message."""
    return frozenset(re.findall(r"\w+", task.ticket.lower()))


@keep_on_argument
def _get_known_words(task: WritingTask) -> frozenset[str]:
    """Every word of the facts and clauses of a case."""
    text = " ".join(f"{slot.about} {slot.value}" for slot in task.slots)
    return frozenset(re.findall(r"\w+", text.lower()))
