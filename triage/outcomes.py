"""What a message turned out to be, beside its label: ours, spam, several matters, or nothing.

Pure. An engine's guess comes in, an outcome with its own confidence and reason goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from triage.case import Case, Intent
from triage.signs import ADVERTISING, unwanted
from triage.step import Engine

CALM, UPSET, THREATENING = "calm", "upset", "threatening"
WANTED, SPAM_MAIL, AUTOMATIC = "wanted", "spam", "automatic"
READ = ("", "en")  # what the encoder learned; an unclear text is taken for it
FOREIGN = "it is not written in English, the only language that the machine reads"
SPAM_THRESHOLD = 0.9  # where no model says one, and for a text whose label is sure


class Outcome(StrEnum):
    """What a message turned out to be. None of them is a guess: each has its own evidence."""

    OURS = "one of ours"
    NOT_OURS = "not one of ours"
    SPAM = "spam"
    SEVERAL = "several matters"
    EMPTY = "empty"
    UNSURE = "unsure"


NOTHING_ASKED = frozenset({Outcome.NOT_OURS, Outcome.SPAM, Outcome.EMPTY})
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
    spam (advertising, fraud), automatic (bounces, replies of machines)."""

    urgency: Reading
    mood: Reading
    spam: Reading


@dataclass(frozen=True, kw_only=True)
class Guess:
    """An engine's answer: a slug of the taxonomy, or "" for none of them.

    ``outside`` is the probability that it is none of ours, at ``outside_threshold`` it
    counts as such. ``matters`` holds two or more where the text asks for different things.
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


class Labeller(Engine, Protocol):
    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess: ...


def said(case: Case) -> str:
    """Everything the customer said, the subject first."""
    return f"{case.subject}\n{case.text}".strip()


def outcome_of(
    case: Case, guess: Guess, matters: Sequence[Matter]
) -> tuple[Outcome, float | None, str]:
    """The outcome before any doubt of the label, how sure, and why. A person's word stands."""
    if guess.basis == "person":
        given = Outcome.OURS if guess.label else Outcome.NOT_OURS
        return given, None, "a person said so"
    if unwanted_mail := junk(case, guess.signals, known=_known(guess)):
        return unwanted_mail
    if matters:
        listed = listing([matter.name for matter in matters])
        return Outcome.SEVERAL, min(matter.confidence for matter in matters), listed
    outside = guess.outside
    if _is_outside(guess):
        if case.language not in READ:
            return Outcome.UNSURE, None, FOREIGN
        sure = guess.confidence if outside is None else outside
        return Outcome.NOT_OURS, sure, "it is unlike every request that we know"
    return Outcome.OURS, None if outside is None else 1 - outside, ""


def _known(guess: Guess) -> bool:
    """The labels know this text well: by words alone it is then hardly spam."""
    sure = guess.confidence is not None and guess.confidence >= (guess.threshold or 1.0)
    return guess.basis == "model" and sure and not _is_outside(guess)


def _is_outside(guess: Guess) -> bool:
    if guess.outside is None or guess.outside_threshold is None:
        return not guess.label
    return not guess.label or guess.outside >= guess.outside_threshold


def junk(
    case: Case, signals: Signals | None, *, known: bool = False
) -> tuple[Outcome, float, str] | None:
    """Spam, or what no person wrote, by the text and by what the mail says of itself."""
    text = signals.spam if signals else None
    share = unwanted(text.confidence if text else None, case.marks)
    threshold = (text.threshold if text else None) or SPAM_THRESHOLD
    if share < (max(threshold, SPAM_THRESHOLD) if known else threshold):
        return None
    kind = text.level if text and text.level != WANTED else ""
    if set(case.marks) - ADVERTISING or (kind == AUTOMATIC and not case.marks):
        return Outcome.NOT_OURS, share, _because("no person wrote it", case.marks, text)
    return Outcome.SPAM, share, _because("it reads like advertising or fraud", case.marks, text)


def _because(what: str, marks: tuple[str, ...], text: Reading | None) -> str:
    words = text.because[:3] if text and text.level != WANTED else ()
    found = [*marks, *words]
    return f"{what} ({', '.join(found)})" if found else what


def listing(names: Sequence[str]) -> str:
    """Names as a sentence has them: "late delivery, refund and exchange"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
