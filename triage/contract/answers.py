"""What a message asks, and what became of each question. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_SHOWN_CHARS: Final = 120


class AskedKind(StrEnum):
    """A question wants to be told something, a wish to have it done; of a message that says
    neither, its matter is asked.
    """

    QUESTION = "question"
    WISH = "wish"
    MATTER = "matter"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that a message asks, in the customer's ``words``; ``context`` is the part of the
    message that leads to them, with them.
    """

    words: str
    kind: AskedKind
    context: str


class Blocker(StrEnum):
    """Why a question has no answer yet, by who has to do something about it."""

    CUSTOMER = "customer"
    KNOWLEDGE = "knowledge"
    PERSON = "person"
    CONFLICT = "conflict"


class Readiness(StrEnum):
    """What a person finds in place of a reply: all of it, a part with gaps, or what is known."""

    READY = "ready"
    PARTLY = "partly"
    FINDINGS = "findings"


def shorten_words(words: str, chars: int = MAX_SHOWN_CHARS) -> str:
    """Words of a customer as a line has room for: at most so many characters."""
    said = " ".join(words.split())
    return said if len(said) <= chars else f"{said[: chars - 1].rstrip()}…"
