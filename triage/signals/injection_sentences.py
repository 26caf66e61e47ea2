"""Which sentences of a mail read like orders to the machine."""

from __future__ import annotations

from typing import Final

from triage.nlu.prompt_injection import list_sentences
from triage.signals.sentence_model import SentenceModel

MIN_WORDS: Final = 4
"""Of fewer, letters alone would decide ("poor customer support")."""


def list_readings(mail: str) -> list[str]:
    """The mail as a whole, then each of its sentences; what has too few words is left out."""
    return [text for text in (mail, *list_sentences(mail)) if len(text.split()) >= MIN_WORDS]


def find_injected_sentences(model: SentenceModel, mail: str) -> tuple[str, ...]:
    """The sentences that read like orders to the machine; where only the mail as a whole does,
    the one that does so most.
    """
    whole, *sentences = list_readings(mail) or [""]
    if not sentences:
        sentences = [whole]
    chances = model.compute_probabilities([whole, *sentences])
    found = zip(sentences, chances[1:], strict=True)
    flagged = tuple(sentence for sentence, chance in found if chance >= model.threshold)
    if flagged or chances[0] < model.threshold:
        return flagged
    return (sentences[int(chances[1:].argmax())],)
