"""Which decisions a slotted text states, read from its sentences. Pure."""

from __future__ import annotations

import re

from triage.contract.slots import SLOT, WritingTask
from triage.generation.phrases import load_phrases
from triage.nlu.sentences import LABELLED, cut_sentences


def find_decisions(task: WritingTask, text: str) -> set[str]:
    """The outcomes whose decision sentences the text contains, whatever the values."""

    def replace_with_kind(match: re.Match[str]) -> str:
        slot = task.find_slot(match[1])
        return f"{{{slot.kind if slot else '?'}}}"

    said = {SLOT.sub(replace_with_kind, sentence) for sentence in cut_sentences(text, LABELLED)}
    known = {**load_phrases("replies")["decisions"], **load_phrases("settled")["decisions"]}
    return {outcome for outcome, sentences in known.items() if said & set(sentences)}
