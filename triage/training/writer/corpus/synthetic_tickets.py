"""Customers' messages: short, long, angry, misspelt, foreign, giving orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from triage.contract.slots import SLOT, Slot
from triage.generation.phrases import fill_template, load_phrases, select_phrases
from triage.training.writer.corpus.tables import load_corpus
from triage.training.writer.corpus.world import Situation

HIDDEN_LABEL_SHARE: Final = 0.08
"""How often a second matter of the message was not found by the classifier."""


def build_ticket_text(rng: Random, case: Situation, known: Sequence[Slot], held_out: bool) -> str:
    """What a customer in this situation might write, with the marks of the known values."""
    marks = {slot.name: slot.mark for slot in known}
    said = [*_iter_matters(rng, case, marks, held_out), *_choose_chatter(rng, marks, held_out)]
    said += [
        _choose_phrase(rng, load_phrases("circumstances")[name]["tickets"], marks, held_out)
        for name in case.circumstances
    ]
    said += _iter_value_remarks(rng, marks)
    rng.shuffle(said)
    text = _join_phrases(rng, _add_frame(rng, said, held_out))
    return _misspell_text(rng, text) if rng.random() < 0.25 else text


def _iter_matters(
    rng: Random, case: Situation, marks: dict[str, str], held_out: bool
) -> Iterator[str]:
    """What the message is about; a message that needs no words is rare but happens."""
    intents = load_phrases("intents")
    foreign = case.named and rng.random() < 0.05
    core = load_corpus("tickets")["foreign"] if foreign else intents[case.intent]["tickets"]
    if rng.random() >= 0.02:
        yield _choose_phrase(rng, core, marks, held_out)
    other = case.also or (rng.choice(list(intents)) if rng.random() < HIDDEN_LABEL_SHARE else "")
    if other:
        second = _choose_phrase(rng, intents[other]["tickets"], marks, held_out)
        yield rng.choice(["also ", "and ", "another thing: ", "plus ", "", "besides, "]) + second


def _choose_chatter(rng: Random, marks: dict[str, str], held_out: bool) -> list[str]:
    odds = {"chatter": 0.35, "polite": 0.1, "orders_to_machine": 0.08}
    kinds = [kind for kind, chance in odds.items() if rng.random() < chance]
    return [_choose_phrase(rng, load_corpus("tickets")[kind], marks, held_out) for kind in kinds]


def _iter_value_remarks(rng: Random, marks: dict[str, str]) -> Iterator[str]:
    """A remark for each value that the message is said to name."""
    for name, mark in marks.items():
        if name.startswith("said_"):
            kind = name.rstrip("0123456789")
            yield rng.choice(load_corpus("values")[kind]).replace("{value}", mark)


def _add_frame(rng: Random, said: list[str], held_out: bool) -> list[str]:
    words: dict[str, Any] = load_corpus("tickets")
    if rng.random() < 0.5:
        said = [rng.choice(select_phrases(words["openers"], held_out)), *said]
    if rng.random() < 0.5:
        said = [*said, rng.choice(select_phrases(words["closers"], held_out))]
    return said


def _choose_phrase(
    rng: Random, phrases: Sequence[str], marks: dict[str, str], held_out: bool
) -> str:
    by_mark = rng.random() < 0.3
    thing = marks["item"] if "item" in marks and by_mark else choose_item(rng, held_out)
    number = marks.get("order") or marks.get("said_order") or "#"
    return fill_template(
        rng.choice(select_phrases(phrases, held_out)), {"item": thing, "order": number}
    )


def choose_item(rng: Random, held_out: bool) -> str:
    words = load_corpus("tickets")
    thing = rng.choice(select_phrases(words["things"], held_out))
    if rng.random() < 0.5:
        return str(thing)
    return f"{rng.choice(select_phrases(words['adjectives'], held_out))} {thing}"


def _join_phrases(rng: Random, said: list[str]) -> str:
    return rng.choice([". ", ". ", ", ", " ", "! ", "... ", "\n"]).join(said)


def _misspell_text(rng: Random, text: str) -> str:
    """A slip of the finger in about one word of eight."""
    return " ".join(
        _misspell_word(rng, word)
        if len(word) > 3 and not re.search(SLOT, word) and rng.random() < 0.12
        else word
        for word in text.split()
    )


def _misspell_word(rng: Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
