"""Is each sentence one that a person wrote, holding the kinds of value it is meant for?

Pure. The focal writer learned from a closed set of sentences, so what it writes can be
looked up. A sentence that no template explains points at the wrong kind of value
("delivered on ⟦order number⟧"), names one value twice, or is garbled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from triage.focal.corpus.generate import UNKNOWN
from triage.focal.corpus.phrases import load
from triage.focal.corpus.tickets import circumstances
from triage.slots import SLOT, WritingTask

LISTED: Final = re.compile(r"(\{\w+\})(, \1)*( and \1)?")
PLURAL: Final = {"{item}": "{items}", "{other_order}": "{others}"}
SENTENCE: Final = re.compile(r"(?<=[.!?:])\s+|\n+")


def strange_sentences(task: WritingTask, text: str) -> list[str]:
    """The sentences of a slotted text that nobody wrote, slots shown as ``{kind}``."""
    return [
        shown
        for sentence in SENTENCE.split(text)
        if (shown := template_of(task, sentence)) not in ("", "{clause}")
        and (
            shown not in _written_by_people()
            or _repeats(sentence)
            or _untold(task, shown)
            or _of_another_matter(task, shown)
        )
    ]


def _untold(task: WritingTask, sentence: str) -> bool:
    """Whether the sentence reacts to what the message does not tell."""
    return sentence in _reactions() and _reactions()[sentence] not in circumstances(task)


@cache
def _reactions() -> dict[str, str]:
    """Sentence -> the circumstance it reacts to."""
    tables = load("circumstances")
    return {reply: name for name, table in tables.items() for reply in table["replies"]}


def _of_another_matter(task: WritingTask, sentence: str) -> bool:
    """Whether the sentence takes up an intent that the case does not have. An intent that
    the corpus has no name for may be taken up in any words."""
    replies = load("replies")
    return any(
        _taken_up(replies[table], sentence) not in {"", *known_as(label)}
        for table, label in (("acknowledge", task.intent), ("also", task.also))
        if known_as(label)
    )


def _taken_up(table: dict[str, list[str]], sentence: str) -> str:
    return next((intent for intent, said in table.items() if sentence in said), "")


@cache
def known_as(label: str) -> frozenset[str]:
    """The intents of the corpus that go by this label; "other" for no label at all."""
    if label in UNKNOWN:
        return frozenset({"other"})
    return frozenset(intent for intent, about in load("intents").items() if label in about["names"])


def decisions(task: WritingTask, text: str) -> set[str]:
    """The outcomes whose decision sentences the text contains, whatever the values."""
    known = load("replies")["decisions"]
    said = {template_of(task, sentence) for sentence in SENTENCE.split(text)}
    return {outcome for outcome, sentences in known.items() if said & set(sentences)}


def template_of(task: WritingTask, sentence: str) -> str:
    """The sentence with kinds for slots, several items or orders in a row as one."""

    def kind(match: re.Match[str]) -> str:
        slot = task.slot(match[1])
        return f"{{{slot.kind if slot else '?'}}}"

    return LISTED.sub(_plural, SLOT.sub(kind, sentence))


def _plural(match: re.Match[str]) -> str:
    return PLURAL.get(match[1], match[0])


def _repeats(sentence: str) -> bool:
    names = SLOT.findall(sentence)
    return len(set(names)) < len(names)


@cache
def _written_by_people() -> frozenset[str]:
    texts = [*_strings(load("replies")), *_strings(load("summaries")), *_reactions()]
    return frozenset(part for text in texts for part in SENTENCE.split(text))


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    else:
        for child in node.values() if isinstance(node, dict) else node:
            yield from _strings(child)
