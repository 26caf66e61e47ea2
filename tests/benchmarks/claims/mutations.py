"""Mutation test of the claim check: how many errors in true sentences does it catch?

Clean sentences are those of the bundled writer's corpus, written for generated cases,
and freely worded ones from ``planted.toml``, such as a larger writer would put them.
Each error is planted by a rule that knows nothing of the checks. Everything comes in
two halves: what was looked at while the checks were written, and what was held out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from triage.contract.fact_types import CLAUSE, DECISION_KINDS, FACT_KINDS, HISTORY_KINDS
from triage.contract.slots import SLOT, Slot, WritingTask, get_slot_name
from triage.generation.decision_sentences import find_decisions
from triage.guardrails.attribution import find_sentence_fault
from triage.nlu.sentences import iter_slotted_sentences
from triage.training.writer.corpus.generate import build_example

SEED: Final = 13
DEVELOPMENT, HELD_OUT = 0, 1
DEVELOPMENT_SHARE: Final = 0.5
EXCHANGEABLE_KINDS: Final = frozenset({"order", "item", "other_order"})
"""Kinds of which one may stand for another without saying anything false."""
PLACEHOLDER_PATTERN: Final = re.compile(r"\{(\w+)\}")
RECORDED_KINDS: Final = frozenset(FACT_KINDS) - {"shop", "customer", "ticket"}


@dataclass(frozen=True)
class CaseSentence:
    """A sentence in its case, and the sort of error planted in it ("" for none)."""

    task: WritingTask
    text: str
    planted: str = ""
    free: bool = False

    @property
    def sort(self) -> str:
        return f"{self.planted}, freely worded" if self.free else self.planted

    @property
    def because(self) -> str:
        """Why it would be left out, or an empty string."""
        return find_sentence_fault(self.text, self.task, must_cite=self.task.kind == "summary")


@cache
def _load_content() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


# --- clean sentences --------------------------------------------------------------


def iter_corpus_sentences(half: int) -> Iterator[CaseSentence]:
    """Sentences of the bundled writer's corpus without end, values and clauses filled in."""
    number = half
    while True:
        made = build_example(SEED, number, held_out=True)
        task = _fill_values(made.task, Random(f"{SEED}/{number}"))  # noqa: S311
        for text in iter_slotted_sentences(made.text):
            if text.strip():
                yield CaseSentence(task, text.strip())
        number += 2


def iter_free_sentences(half: int) -> Iterator[CaseSentence]:
    """The freely worded sentences of a half."""
    yield from iter_case_sentences(half)
    yield from (said for said in iter_letter_sentences(half) if not said.planted)


def iter_case_sentences(half: int, which: str = "sentences") -> Iterator[CaseSentence]:
    """Of the cases, halved case by case; ``which`` is "sentences" or "flipped"."""
    for number, case in enumerate(_load_content()["case"]):
        if case.get("held_out", False) == bool(half):
            task = _build_free_task(case, Random(f"{SEED}/free/{number}"))  # noqa: S311
            planted = "" if which == "sentences" else "negation flipped"
            for text in case[which]:
                marked = PLACEHOLDER_PATTERN.sub(r"⟦\1⟧", text)
                yield CaseSentence(task, marked, planted, free=True)


def iter_letter_sentences(half: int) -> Iterator[CaseSentence]:
    """Sentences of the letters, halved by chance: clean ones, and errors by hand."""
    chance = Random(f"{SEED}/letters")  # noqa: S311
    for letter in _load_content()["letter"]:
        task = _build_free_task(letter, chance)
        sorts = {"": letter["clean"], **letter["wrong"]}
        for sort, text in [(sort, text) for sort, texts in sorts.items() for text in texts]:
            looked_at = chance.random() < DEVELOPMENT_SHARE and not letter.get("held_out", False)
            if looked_at == (half == DEVELOPMENT):
                yield CaseSentence(task, PLACEHOLDER_PATTERN.sub(r"⟦\1⟧", text), sort, free=True)


def _build_free_task(case: dict[str, Any], rng: Random) -> WritingTask:
    slots = []
    for described in case["kinds"]:
        name, _, value = described.partition(":")
        kind = name.rstrip("0123456789")
        value = value or rng.choice(_load_content()["values"][kind])
        slots.append(Slot(name=name, about=FACT_KINDS[kind], value=value, ref=name, kind=kind))
    return WritingTask(
        kind=case.get("kind", "draft"),
        intent="",
        ticket=PLACEHOLDER_PATTERN.sub(r"⟦\1⟧", case.get("ticket", "")),
        outcome=case.get("outcome", ""),
        urgency=case.get("urgency", "normal"),
        slots=(*slots, *_iter_clause_slots(case.get("clauses", []))),
    )


def _iter_clause_slots(texts: Sequence[str]) -> Iterator[Slot]:
    for number, text in enumerate(texts, 1):
        name = get_slot_name(CLAUSE, number)
        yield Slot(name=name, about="Terms: clause", value=text, ref=name, kind=CLAUSE)


def _fill_values(task: WritingTask, rng: Random) -> WritingTask:
    """The case as the product would have it: realistic values, no kinds kept from its writer."""
    silent = HISTORY_KINDS if task.kind == "draft" else DECISION_KINDS | {"shop", CLAUSE}
    texts = [text for case in _load_content()["case"] for text in case.get("clauses", [])]
    facts = []
    for slot in task.slots:
        if slot.kind == CLAUSE or slot.kind in silent:
            continue
        known = (
            slot.value
            if slot.kind == "status"
            else rng.choice(_load_content()["values"][slot.kind])
        )
        facts.append(replace(slot, value=known))
    count = len(task.list_slots(CLAUSE)) if task.kind == "draft" else 0
    return replace(task, slots=(*facts, *_iter_clause_slots(rng.sample(texts, count))))


# --- planting ---------------------------------------------------------------------

Mutation = Callable[[Random, CaseSentence, int], str]


def replace_slot_kind(rng: Random, said: CaseSentence, half: int) -> str:
    """The sentence with a slot of another kind in place of one of its own."""
    marks = [mark for mark in SLOT.finditer(said.text) if said.task.find_slot(mark[1])]
    pairs = [
        (mark, other)
        for mark in marks
        for other in said.task.slots
        if not _are_exchangeable(said.task.find_slot(mark[1]), other)
        and other.mark not in said.text
        if other.kind != CLAUSE or mark.group() != said.text  # a clause may stand by itself
    ]
    if not pairs:
        return ""
    mark, other = rng.choice(pairs)
    return said.text[: mark.start()] + other.mark + said.text[mark.end() :]


def exchange_slots(rng: Random, said: CaseSentence, half: int) -> str:
    """The sentence with two of its slots in each other's place."""
    names = SLOT.findall(said.text)
    pairs = [
        (a, b)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
        if not _are_exchangeable(said.task.find_slot(a), said.task.find_slot(b))
    ]
    if not pairs:
        return ""
    first, second = rng.choice(pairs)
    instead = {first: second, second: first}
    return SLOT.sub(lambda mark: f"⟦{instead.get(mark[1], mark[1])}⟧", said.text)


def _are_exchangeable(one: Slot | None, other: Slot | None) -> bool:
    """Whether the one may stand for the other and the sentence still be true."""
    if one is None or other is None or one.kind == other.kind:
        return True
    spoken = [kind for kind in (one.kind, other.kind) if kind.startswith("said_")]
    return {one.kind, other.kind} <= EXCHANGEABLE_KINDS or bool(
        spoken and (len(spoken) == 2 or EXCHANGEABLE_KINDS & {one.kind, other.kind})
    )


def type_other_value(rng: Random, said: CaseSentence, half: int) -> str:
    """The sentence with another case's value in plain text in place of a slot."""
    marks = [mark for mark in SLOT.finditer(said.text) if said.task.find_slot(mark[1])]
    marks = [mark for mark in marks if _get_slot_kind(said.task, mark[1]) not in (CLAUSE, "shop")]
    if not marks:
        return ""
    mark = rng.choice(marks)
    here = {slot.value for slot in said.task.slots}
    others: list[str] = _load_content()["values"][_get_slot_kind(said.task, mark[1])]
    values = [value for value in others if value not in here]
    if not values:
        return ""
    return said.text[: mark.start()] + rng.choice(values) + said.text[mark.end() :]


def _get_slot_kind(task: WritingTask, name: str) -> str:
    slot = task.find_slot(name)
    return slot.kind if slot else ""


NEGATION_FLIPS: Final = tuple(
    (re.compile(rf"\b{old}\b"), new)
    for old, new in (
        ("cannot", "can"),
        ("(can|could|is|are|was|has|have|will|were|do|does|did) not", r"\1"),
        ("not able", "able"),
        ("unable", "able"),
        ("nothing has", "everything has"),
        ("without finding", "and found"),
        ("not", ""),
        ("(can|could|is|are|was|has|have|will|were)(?! to)", r"\1 not"),
    )
)


def flip_negation(rng: Random, said: CaseSentence, half: int) -> str:
    """The sentence with a negation added or removed, where it states a fact or decision."""
    states = any(
        _get_slot_kind(said.task, name) in RECORDED_KINDS for name in SLOT.findall(said.text)
    )
    if said.free or said.text.startswith(("Before", "If")):
        return ""
    if not states and not find_decisions(said.task, said.text) - {"ask order", "ask photo"}:
        return ""
    for old, new in NEGATION_FLIPS:
        if old.search(said.text):
            return re.sub(" +", " ", old.sub(new, said.text, count=1))
    return ""


def _build_list_mutation(kind: str) -> Mutation:
    """A mutation that replaces the sentence by one of the half's own list."""

    def replace_sentence(rng: Random, said: CaseSentence, half: int) -> str:
        draft = said.task.kind == "draft"
        fits = kind != "approvals" or said.task.outcome.startswith("review")
        known = _load_content()["held_out" if half else "errors"][kind]
        return rng.choice(known) if draft and fits else ""

    return replace_sentence


MUTATIONS: Final[dict[str, Mutation]] = {
    "value of another kind": replace_slot_kind,
    "two values exchanged": exchange_slots,
    "value of another case typed": type_other_value,
    "negation flipped": flip_negation,
    "invented promise": _build_list_mutation("promises"),
    "invented deadline": _build_list_mutation("deadlines"),
    "invented name": _build_list_mutation("entities"),
    "approved instead of reviewed": _build_list_mutation("approvals"),
    "invented rule": _build_list_mutation("policies"),
}


def iter_mutated_sentences(half: int, each: int) -> Iterator[CaseSentence]:
    """``each`` errors of each sort in corpus and free sentences, and the free ones flipped."""
    for name, plant in MUTATIONS.items():
        rng = Random(f"{SEED}/{name}/{half}")  # noqa: S311
        yield from islice(_apply_mutation(name, plant, rng, half), each)
    yield from iter_case_sentences(half, "flipped")
    yield from (said for said in iter_letter_sentences(half) if said.planted)


def _apply_mutation(name: str, plant: Mutation, rng: Random, half: int) -> Iterator[CaseSentence]:
    for said in _mix_sentences(half):
        if (text := plant(rng, said, half)) and text != said.text:
            yield replace(said, text=text, planted=name)


def _mix_sentences(half: int) -> Iterator[CaseSentence]:
    """The free sentences among the first of the corpus, one in three."""
    corpus = iter_corpus_sentences(half)
    for free in iter_free_sentences(half):
        yield from islice(corpus, 2)
        yield free
    yield from corpus
