"""What a message turned out to be, by an engine's guess and the mail's own header. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from triage.contract.case import Case
from triage.contract.outcomes import (
    AUTOMATIC,
    DEFAULT_SPAM_THRESHOLD,
    FOREIGN_LANGUAGE_REASON,
    READABLE_LANGUAGES,
    UNKNOWN_IN_LANGUAGE_REASON,
    UNLIKE_OURS_REASON,
    WANTED,
    Guess,
    Matter,
    Outcome,
    Reading,
    Signals,
    join_names,
)
from triage.nlu.urgency_rules import ADVERTISING_MARKS, compute_unwanted_share


def determine_outcome(
    case: Case, guess: Guess, matters: Sequence[Matter]
) -> tuple[Outcome, float | None, str]:
    """The outcome before any doubt of the label, its confidence (0 to 1, None where nothing
    was calibrated) and the reason. A person's label stands.
    """
    if guess.basis == "person":
        given = Outcome.OURS if guess.label else Outcome.NOT_OURS
        return given, None, "a person said so"
    known = _is_label_confident(guess) or _is_like_ours_abroad(case, guess)
    if unwanted_mail := detect_unwanted_mail(case, guess.signals, known=known):
        return unwanted_mail
    if guess.basis == "model" and not _is_read_in_its_language(case, guess):
        return Outcome.UNSURE, None, FOREIGN_LANGUAGE_REASON
    if matters:
        listed = join_names([matter.name for matter in matters])
        return Outcome.SEVERAL, min(matter.confidence for matter in matters), listed
    outside = guess.outside
    if _is_out_of_scope(guess):
        if case.language not in READABLE_LANGUAGES:
            return Outcome.UNSURE, None, UNKNOWN_IN_LANGUAGE_REASON
        sure = guess.confidence if outside is None else outside
        return Outcome.NOT_OURS, sure, UNLIKE_OURS_REASON
    return Outcome.OURS, None if outside is None else 1 - outside, ""


def _is_read_in_its_language(case: Case, guess: Guess) -> bool:
    """Whether the model that guessed reads this language; one of an earlier release reads none
    but English.
    """
    return case.language in READABLE_LANGUAGES or guess.promise.get("language") == case.language


def _is_label_confident(guess: Guess) -> bool:
    """Whether the model is sure of the label: by words alone such a text is hardly spam."""
    sure = guess.confidence is not None and guess.confidence >= (guess.threshold or 1.0)
    return guess.basis == "model" and sure and not _is_out_of_scope(guess)


def _is_like_ours_abroad(case: Case, guess: Guess) -> bool:
    """Whether a mail in another language is like a request of ours: by meaning alone it is hardly
    spam then, as no word speaks for that.
    """
    abroad = case.language not in READABLE_LANGUAGES
    return abroad and _is_read_in_its_language(case, guess) and not _is_out_of_scope(guess)


def _is_out_of_scope(guess: Guess) -> bool:
    if guess.outside is None or guess.outside_threshold is None:
        return not guess.label
    return not guess.label or guess.outside >= guess.outside_threshold


def detect_unwanted_mail(
    case: Case, signals: Signals | None, *, known: bool = False
) -> tuple[Outcome, float, str] | None:
    """The outcome, probability and reason where it is spam or no person wrote it, else None.

    By the text's signals and by the marks of the mail's header. ``known``: the label is sure,
    so that the signals need more.
    """
    text = signals.spam if signals else None
    share = compute_unwanted_share(text.confidence if text else None, case.marks)
    threshold = (text.threshold if text else None) or DEFAULT_SPAM_THRESHOLD
    if share < (max(threshold, DEFAULT_SPAM_THRESHOLD) if known else threshold):
        return None
    kind = text.level if text and text.level != WANTED else ""
    if set(case.marks) - ADVERTISING_MARKS or (kind == AUTOMATIC and not case.marks):
        return Outcome.NOT_OURS, share, _format_reason("no person wrote it", case.marks, text)
    return (
        Outcome.SPAM,
        share,
        _format_reason("it reads like advertising or fraud", case.marks, text),
    )


def _format_reason(what: str, marks: tuple[str, ...], text: Reading | None) -> str:
    words = text.because[:3] if text and text.level != WANTED else ()
    found = [*marks, *words]
    return f"{what} ({', '.join(found)})" if found else what
