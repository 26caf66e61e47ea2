"""What a message turned out to be, judged from an engine's guess and the mail's own header. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from triage.contract.case import Case
from triage.contract.outcomes import (
    AUTOMATIC,
    FOREIGN,
    READ,
    SPAM_THRESHOLD,
    WANTED,
    Guess,
    Matter,
    Outcome,
    Reading,
    Signals,
    listing,
)
from triage.nlu.urgency_rules import ADVERTISING, unwanted


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
