"""What a message turned out to be, beside its label: in scope, spam, multi-intent or empty.

Pure. An engine's guess comes in, an outcome with its own confidence and reason goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from triage.contract.case import Case, Intent
from triage.contract.languages import REPLY_LANGUAGES
from triage.contract.step import Engine

LOW, NORMAL, HIGH, URGENT = 1, 2, 3, 4  # urgency
CALM, UPSET, THREATENING = "calm", "upset", "threatening"
WANTED, SPAM_MAIL, AUTOMATIC = "wanted", "spam", "automatic"
READABLE_LANGUAGES = ("", "en")  # what the encoder learned; an unclear text is taken for it
LABELLED_LANGUAGES = frozenset(REPLY_LANGUAGES)
"""Other languages in which a message can get a label: those in which it was measured."""
FOREIGN_LANGUAGE_REASON = "it is not written in a language that the machine reads"
UNLIKE_OURS_REASON = "it is unlike every request that we know"
UNKNOWN_IN_LANGUAGE_REASON = (
    "it is not written in English, and unlike every request that we know as far as a machine can "
    "compare two languages"
)
DEFAULT_SPAM_THRESHOLD = 0.9  # where no model says one, and for a text whose label is sure


class Outcome(StrEnum):
    """What a message turned out to be. None of them is a guess: each has its own evidence."""

    OURS = "one of ours"
    NOT_OURS = "not one of ours"
    SPAM = "spam"
    SEVERAL = "several matters"
    EMPTY = "empty"
    UNSURE = "unsure"


NO_REPLY_OUTCOMES = frozenset({Outcome.NOT_OURS, Outcome.SPAM, Outcome.EMPTY})
"""Outcomes to which no reply is drafted: there is no question that it could answer."""


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One of several things a message asks for; ``words`` are the part of the text that does."""

    label: str
    confidence: float
    words: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One sign of a text: its level, how sure (calibrated, 0 to 1), the words that moved it.

    Of spam, ``confidence`` is the probability that it is unwanted, whatever the level.
    """

    level: str
    confidence: float
    because: tuple[str, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True, kw_only=True)
class Signals:
    """``urgency``: low, normal, high, urgent. ``mood``: calm, upset, threatening. ``spam``: wanted,
    spam (advertising, fraud), automatic (bounces, replies of machines). ``readers`` are the models
    that read them: sha256 by name.
    """

    urgency: Reading
    mood: Reading
    spam: Reading
    readers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """An engine's answer: a slug of the taxonomy, or "" for none of them.

    ``outside`` is the probability that it is none of ours, at ``outside_threshold`` it
    counts as such. ``matters`` holds two or more where the text asks for different things.
    ``readers`` are models beside the engine's own that read it: sha256 by name. ``mended`` are
    words that were read otherwise than they are spelt: (written, read).
    """

    label: str
    confidence: float | None
    basis: str
    runner_up: str = ""
    runner_up_confidence: float | None = None
    threshold: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)
    outside: float | None = None
    outside_threshold: float | None = None
    matters: tuple[Matter, ...] = ()
    signals: Signals | None = None
    readers: Mapping[str, str] = field(default_factory=dict)
    mended: tuple[tuple[str, str], ...] = ()


class Labeller(Engine, Protocol):
    """Labels a text; its ``language`` is as ISO 639-1, "" where nobody can tell."""

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess: ...


def get_message_text(case: Case) -> str:
    """The customer's whole message, the subject first."""
    return f"{case.subject}\n{case.text}".strip()


def join_names(names: Sequence[str]) -> str:
    """Names as a sentence has them: "late delivery, refund and exchange"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
