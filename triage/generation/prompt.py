"""The one prompt of the bundled writer, the same in training and at inference.

Pure. What to say is planned by code: the label, the decision, the facts and the clauses
to quote. The writer finds the words (Moryossef et al. 2019, "Step-by-Step", call the two
parts planning and realization), and reacts to what the customer tells beside the matter.

    <|draft|>
    intent: late delivery
    also: invoice request
    outcome: review refund
    urgency: high
    ticket: where is my parcel ⟦order⟧? it is a present
    known: ⟦shop⟧⟦customer⟧⟦order⟧⟦status⟧ in transit
    quote: ⟦clause⟧
    <|write|>
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from triage.contract.fact_types import (
    CLAUSE,
    DECISION_KINDS,
    FACT_KINDS,
    HISTORY_KINDS,
    UNREPEATABLE_KINDS,
    VISIBLE_KINDS,
)
from triage.contract.slots import SLOT, Slot, WritingTask

DRAFT, SUMMARY, WRITE, END = "<|draft|>", "<|summary|>", "<|write|>", "<|end|>"
TASKS: Final = {"draft": DRAFT, "summary": SUMMARY}
MAX_TICKET_WORDS: Final = 60
MAX_LABEL_WORDS: Final = 8
MAX_WORD_CHARS: Final = 24
KEPT_PUNCTUATION: Final = frozenset(".,!?'-&/%()€£$#")
KIND_ORDER: Final = {kind: place for place, kind in enumerate((*FACT_KINDS, CLAUSE))}


def build_writer_prompt(task: WritingTask) -> str:
    """The text to tokenize, special tokens included; the model goes on from WRITE.

    No digit reaches the model but those in marks. A summary is asked for from the facts
    alone: neither the customer's words nor the clauses can sway it.
    """
    lines = [f"known: {_format_slots(list_speakable_slots(task), but=CLAUSE)}"]
    if task.kind == "draft":
        lines = [
            f"intent: {clean_text(task.intent, MAX_LABEL_WORDS)}",
            f"also: {clean_text(task.also, MAX_LABEL_WORDS)}",
            f"outcome: {clean_text(_map_to_trained_outcome(task.outcome), MAX_LABEL_WORDS)}",
            f"urgency: {clean_text(task.urgency, MAX_LABEL_WORDS)}",
            f"ticket: {format_message(task)}",
            *lines,
            f"quote: {_format_slots(task.list_slots(CLAUSE))}",
        ]
    return "\n".join([TASKS[task.kind], *lines, WRITE])


def _map_to_trained_outcome(outcome: str) -> str:
    """The nearest outcome among those that the writer was trained on."""
    decision, _, what = outcome.partition(" ")
    if decision == "refuse":
        return decision
    return f"review {what}" if decision in ("approved", "paid") else outcome


def list_speakable_slots(task: WritingTask) -> tuple[Slot, ...]:
    """The slots that the writer may point at, in the order of their kinds."""
    silent = UNREPEATABLE_KINDS | (
        HISTORY_KINDS if task.kind == "draft" else DECISION_KINDS | {"shop", CLAUSE}
    )
    told = [slot for slot in task.slots if slot.kind in KIND_ORDER and slot.kind not in silent]
    return tuple(sorted(told, key=lambda slot: KIND_ORDER[slot.kind]))


def _format_slots(slots: Iterable[Slot], but: str = "") -> str:
    return "".join(_format_slot(slot) for slot in slots if slot.kind != but)


def _format_slot(slot: Slot) -> str:
    return (
        f"{slot.mark} {clean_text(slot.value, MAX_LABEL_WORDS)}"
        if slot.kind in VISIBLE_KINDS
        else slot.mark
    )


def format_message(task: WritingTask) -> str:
    """The customer's words in clean text, with the marks that stand for this case's values."""
    pieces = SLOT.split(" ".join(task.ticket.split()[:MAX_TICKET_WORDS]))
    known = {slot.name: slot.mark for slot in task.slots}
    pieces[1::2] = [known.get(name, "#") for name in pieces[1::2]]
    pieces[::2] = [_clean_piece(piece) for piece in pieces[::2]]
    return "".join(pieces).strip()


def _clean_piece(piece: str) -> str:
    """The piece in clean text; a space at its ends stays, so that marks do not stick to words."""
    said = clean_text(piece, MAX_TICKET_WORDS)
    first, last = piece[:1].isspace(), piece[-1:].isspace()
    return f"{' ' * first}{said}{' ' * (last and bool(said))}"


def clean_text(text: str, words: int) -> str:
    """Text that cannot be mistaken for anything else: lower-case, one line.

    Numerals become ``#``; brackets, colons and whatever else could spell a slot, a
    control token or a field of the prompt become spaces.
    """
    text = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(_clean_character(character) for character in text)
    while "##" in kept:
        kept = kept.replace("##", "#")
    return " ".join(word[:MAX_WORD_CHARS] for word in kept.split()[:words])


def _clean_character(character: str) -> str:
    if character.isnumeric():
        return "#"
    return character if character.isalpha() or character in KEPT_PUNCTUATION else " "
