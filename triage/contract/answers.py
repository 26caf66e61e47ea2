"""What a message asks, and what became of each question. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from triage.contract.saved_reply import SentAnswer

MAX_SHOWN_CHARS: Final = 120
DECISION, SAVED_REPLY, CLAUSE = "decision", "saved reply", "clause"
"""What an answer can stand on."""


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
    message that leads to them, with them. ``vector`` is for the engine that found it alone.
    """

    words: str
    kind: AskedKind
    context: str
    vector: Any = field(default=None, repr=False, compare=False)


class Blocker(StrEnum):
    """Why a question has no answer yet, by who has to do something about it."""

    CUSTOMER = "customer"
    KNOWLEDGE = "knowledge"
    PERSON = "person"
    CONFLICT = "conflict"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One part of a condition: ``value`` is what the rows say, ``wanted`` what they have to say.

    ``holds`` is None where the rows do not say it.
    """

    name: str
    value: str
    wanted: str
    holds: bool | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One thing that was asked, with its answer or its blocker.

    ``source`` is decision, saved reply or clause, empty where there is none; ``ref`` names it with
    its version, ``text`` is what a saved reply says, or what becomes of a clause for this order,
    with {names} of facts; ``quote`` are the words of a clause. ``chance`` is the
    probability that the saved reply or the clause answers.
    ``compared`` are the conditions as the rows bear them out; ``task`` is what a person has to do
    before the answer is true. ``offer`` is what the saved reply that comes nearest says of this
    order, values filled in, for a person to take or leave; ``sent`` is what people wrote to
    questions like it.
    """

    words: str
    kind: AskedKind
    source: str = ""
    ref: str = ""
    title: str = ""
    text: str = ""
    quote: str = ""
    chance: float | None = None
    compared: tuple[Comparison, ...] = ()
    task: str = ""
    blocker: Blocker | None = None
    because: str = ""
    offer: str = ""
    sent: tuple[SentAnswer, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the reply would leave a gap here: what is asked of the customer is none."""
        return self.blocker not in (None, Blocker.CUSTOMER)


class Readiness(StrEnum):
    """What a person finds in place of a reply: all of it, a part with gaps, or what is known."""

    READY = "ready"
    PARTLY = "partly"
    FINDINGS = "findings"


def shorten_words(words: str, chars: int = MAX_SHOWN_CHARS) -> str:
    """Words of a customer as a line has room for: at most so many characters."""
    said = " ".join(words.split())
    return said if len(said) <= chars else f"{said[: chars - 1].rstrip()}…"
