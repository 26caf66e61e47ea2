"""The one prompt of the focal writer, the same in training and at inference.

Pure. What decides which clause matters (intent, outcome, ticket) comes first and each
mark stands at the end of its line, so that by the time the model has read a mark it
knows what the mark means and whether it is wanted.

    <|draft|>
    intent: late delivery
    outcome: review refund
    urgency: high
    ticket: where is my parcel, order #
    customer⟦F2⟧
    status⟦F1⟧ in transit
    delivery: late parcels⟦P1⟧
    <|write|>
"""

from __future__ import annotations

import unicodedata
from typing import Final

from triage.facts import KINDS, SHOWN
from triage.grounding import Slot, WritingTask

DRAFT, SUMMARY, WRITE, END = "<|draft|>", "<|summary|>", "<|write|>", "<|end|>"
TASKS: Final = {"draft": DRAFT, "summary": SUMMARY}
TICKET_WORDS: Final = 60
LABEL_WORDS: Final = 16
LONGEST_WORD: Final = 24
HISTORY: Final = frozenset({"since", "orders", "spent", "refunds", "refunded", "total", "ticket"})
"""Kinds that a summary is made of and a reply to the customer never states."""
KEPT: Final = frozenset(".,!?'-&/%()€£$")


def focal_prompt(task: WritingTask) -> str:
    """The text to tokenize, special tokens included; the model goes on from WRITE.

    No digit reaches the model but those of slot marks. A summary is asked for from
    the facts alone: neither the customer's words nor the clauses can sway it. A draft
    is not shown the customer's history.
    """
    if task.kind == "summary":
        lines = [slot_line(slot) for slot in task.slots if not _is_clause(slot)]
    else:
        lines = [
            f"intent: {plain(task.intent, LABEL_WORDS)}",
            f"outcome: {plain(task.outcome, LABEL_WORDS)}",
            f"urgency: {plain(task.urgency, LABEL_WORDS)}",
            f"ticket: {plain(task.ticket, TICKET_WORDS)}",
            *(slot_line(slot) for slot in task.slots if slot.kind not in HISTORY),
        ]
    return "\n".join([TASKS[task.kind], *lines, WRITE])


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


def slot_line(slot: Slot) -> str:
    """What the model reads of a slot: what it is, then its mark, then a value if shown.

    A known kind is named by its one word, so that the mark follows what it means.
    """
    if _is_clause(slot):
        title, _, heading = slot.about.partition(":")
        return f"{plain(title, LABEL_WORDS)}: {plain(heading, LABEL_WORDS)}{slot.mark}"
    known = slot.kind in KINDS
    about = plain(slot.kind.replace("_", " ") if known else slot.about, LABEL_WORDS)
    value = f" {plain(slot.value, LABEL_WORDS)}" if slot.kind in SHOWN else ""
    return f"{about}{slot.mark}{value}"


def _is_clause(slot: Slot) -> bool:
    return slot.name.startswith("P")
