"""The one prompt of the focal writer, the same in training and at inference.

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

from triage.contract.fact_types import CLAUSE, DECIDED, HISTORY, KINDS, SHOWN, UNSPOKEN
from triage.contract.slots import SLOT, Slot, WritingTask

DRAFT, SUMMARY, WRITE, END = "<|draft|>", "<|summary|>", "<|write|>", "<|end|>"
TASKS: Final = {"draft": DRAFT, "summary": SUMMARY}
TICKET_WORDS: Final = 60
LABEL_WORDS: Final = 8
LONGEST_WORD: Final = 24
KEPT: Final = frozenset(".,!?'-&/%()€£$#")
ORDER: Final = {kind: place for place, kind in enumerate((*KINDS, CLAUSE))}


def focal_prompt(task: WritingTask) -> str:
    """The text to tokenize, special tokens included; the model goes on from WRITE.

    No digit reaches the model but those in marks. A summary is asked for from the facts
    alone: neither the customer's words nor the clauses can sway it.
    """
    lines = [f"known: {_shown(speakable(task), but=CLAUSE)}"]
    if task.kind == "draft":
        lines = [
            f"intent: {plain(task.intent, LABEL_WORDS)}",
            f"also: {plain(task.also, LABEL_WORDS)}",
            f"outcome: {plain(_taught(task.outcome), LABEL_WORDS)}",
            f"urgency: {plain(task.urgency, LABEL_WORDS)}",
            f"ticket: {message(task)}",
            *lines,
            f"quote: {_shown(task.of_kind(CLAUSE))}",
        ]
    return "\n".join([TASKS[task.kind], *lines, WRITE])


def _taught(outcome: str) -> str:
    """The nearest decision among those that the writer was trained on."""
    decision, _, what = outcome.partition(" ")
    if decision == "refuse":
        return decision
    return f"review {what}" if decision in ("approved", "paid") else outcome


def speakable(task: WritingTask) -> tuple[Slot, ...]:
    """The slots that the writer may point at, in the order of their kinds."""
    silent = UNSPOKEN | (HISTORY if task.kind == "draft" else DECIDED | {"shop", CLAUSE})
    told = [slot for slot in task.slots if slot.kind in ORDER and slot.kind not in silent]
    return tuple(sorted(told, key=lambda slot: ORDER[slot.kind]))


def _shown(slots: Iterable[Slot], but: str = "") -> str:
    return "".join(_mark(slot) for slot in slots if slot.kind != but)


def _mark(slot: Slot) -> str:
    return f"{slot.mark} {plain(slot.value, LABEL_WORDS)}" if slot.kind in SHOWN else slot.mark


def message(task: WritingTask) -> str:
    """The customer's words, plain, with the marks that stand for this case's values."""
    pieces = SLOT.split(" ".join(task.ticket.split()[:TICKET_WORDS]))
    known = {slot.name: slot.mark for slot in task.slots}
    pieces[1::2] = [known.get(name, "#") for name in pieces[1::2]]
    pieces[::2] = [_spaced(piece) for piece in pieces[::2]]
    return "".join(pieces).strip()


def _spaced(piece: str) -> str:
    """The piece made plain; a space at its ends stays, so that marks do not stick to words."""
    said = plain(piece, TICKET_WORDS)
    first, last = piece[:1].isspace(), piece[-1:].isspace()
    return f"{' ' * first}{said}{' ' * (last and bool(said))}"


def plain(text: str, words: int) -> str:
    """Text that cannot be mistaken for anything else: lower-case, one line.

    Numerals become ``#``; brackets, colons and whatever else could spell a slot, a
    control token or a field of the prompt become spaces.
    """
    text = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(_character(character) for character in text)
    while "##" in kept:
        kept = kept.replace("##", "#")
    return " ".join(word[:LONGEST_WORD] for word in kept.split()[:words])


def _character(character: str) -> str:
    if character.isnumeric():
        return "#"
    return character if character.isalpha() or character in KEPT else " "
