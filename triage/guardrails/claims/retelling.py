"""How much of a free text retells what nothing behind it says.

Pure. The other rules look for sentences that rows or clauses speak against; of a dialogue
that is only retold, in words of no row, they can say nothing. So the words are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from triage.contract.fact_types import CLAUSE
from triage.contract.slots import SLOT, WritingTask
from triage.guardrails.claims.non_claims import is_non_claim, strip_frame
from triage.guardrails.statement import Statement
from triage.nlu.content_words import extract_content

MAX_COURTESY_WORDS: Final = 8
"""Words of content in a courtesy; a longer one tells something."""

SHEET_WORDS: Final = (
    "say state mark show list hold contain include place buy pay order name policy account customer"
)
"""What the sheet of any account says around its values: it tells nothing by itself."""


def compute_retold_share(sentences: Iterable[str], task: WritingTask) -> float:
    """The share, 0 to 1, of what a text says that has nothing behind it: of its content words,
    and of the values it points at, which have their row or clause each.

    Behind a word is a row that its own sentence points at (how the value is described, or what
    it says), a clause of the case, or what was decided and asked. ``sentences`` still have
    their slots; short courtesies are not counted.
    """
    counted = retold = 0
    for sentence in sentences:
        words = extract_content(strip_frame(SLOT.sub(" ", sentence)))
        if _is_courtesy(sentence, len(words), task):
            continue
        counted += len(words) + len(SLOT.findall(sentence))
        retold += len(words - _collect_backed_words(sentence, task))
    return retold / counted if counted else 0.0


def _is_courtesy(sentence: str, words: int, task: WritingTask) -> bool:
    """Whether it is a greeting, thanks or the like, of a length that tells nothing."""
    is_reply = Statement(sentence, task).is_reply
    return is_reply and words <= MAX_COURTESY_WORDS and is_non_claim(SLOT.sub(" ", sentence))


def _collect_backed_words(sentence: str, task: WritingTask) -> frozenset[str]:
    cited = (task.find_slot(name) for name in SLOT.findall(sentence))
    rows = " ".join(f"{slot.about} {slot.value}" for slot in cited if slot)
    clauses = " ".join(slot.value for slot in task.list_slots(CLAUSE))
    asked = f"{task.outcome} {task.intent} {task.also}"
    return extract_content(f"{SHEET_WORDS} {rows} {clauses} {asked}")
