"""Errors of our own, planted in sentences that are true: how many does `doubt` catch?

Clean sentences are those of the bundled writer's corpus, written for generated cases, and
freely worded ones from ``planted.toml``, such as a larger writer would put them. Each
error is planted by a rule that knows nothing of the checks. Everything comes in two
halves: what was looked at while the checks were written, and what was held out.
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

from triage.contract.fact_types import CLAUSE, DECIDED, HISTORY, KINDS
from triage.contract.slots import SLOT, Slot, WritingTask, slot_name
from triage.generation.decision_sentences import decisions
from triage.guardrails.attribution import doubt, sentences
from triage.training.writer.corpus.generate import example

SEED: Final = 13
DEVELOPMENT, HELD_OUT = 0, 1
HALF: Final = 0.5
SAME: Final = frozenset({"order", "item", "other_order"})
"""Kinds of which one may stand for another without saying anything false."""
LINES: Final = re.compile(r"\{(\w+)\}")
RECORDED: Final = frozenset(KINDS) - {"shop", "customer", "ticket"}


@dataclass(frozen=True)
class Said:
    """A sentence in its case, and what was planted in it ("" for nothing)."""

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
        return doubt(self.text, self.task, must_cite=self.task.kind == "summary")


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


# --- clean sentences --------------------------------------------------------------


def corpus_sentences(half: int) -> Iterator[Said]:
    """Sentences of the bundled writer's corpus without end, values and clauses filled in."""
    number = half
    while True:
        made = example(SEED, number, held_out=True)
        task = _with_values(made.task, Random(f"{SEED}/{number}"))  # noqa: S311
        for text in sentences(made.text):
            if text.strip():
                yield Said(task, text.strip())
        number += 2


def free_sentences(half: int) -> Iterator[Said]:
    """The freely worded sentences of a half."""
    yield from case_sentences(half)
    yield from (said for said in letters(half) if not said.planted)


def case_sentences(half: int, which: str = "sentences") -> Iterator[Said]:
    """Of the cases, which were halved case by case; ``which`` is "sentences" or "flipped"."""
    for number, case in enumerate(_words()["case"]):
        if case.get("held_out", False) == bool(half):
            task = _free_task(case, Random(f"{SEED}/free/{number}"))  # noqa: S311
            planted = "" if which == "sentences" else "negation flipped"
            for text in case[which]:
                marked = LINES.sub(r"⟦\1⟧", text)
                yield Said(task, marked, planted, free=True)


def letters(half: int) -> Iterator[Said]:
    """Of the letters, which were halved by chance: clean sentences, and errors by hand."""
    chance = Random(f"{SEED}/letters")  # noqa: S311
    for letter in _words()["letter"]:
        task = _free_task(letter, chance)
        sorts = {"": letter["clean"], **letter["wrong"]}
        for sort, text in [(sort, text) for sort, texts in sorts.items() for text in texts]:
            looked_at = chance.random() < HALF and not letter.get("held_out", False)
            if looked_at == (half == DEVELOPMENT):
                yield Said(task, LINES.sub(r"⟦\1⟧", text), sort, free=True)


def _free_task(case: dict[str, Any], rng: Random) -> WritingTask:
    slots = []
    for described in case["kinds"]:
        name, _, value = described.partition(":")
        kind = name.rstrip("0123456789")
        value = value or rng.choice(_words()["values"][kind])
        slots.append(Slot(name=name, about=KINDS[kind], value=value, ref=name, kind=kind))
    return WritingTask(
        kind=case.get("kind", "draft"),
        intent="",
        ticket=LINES.sub(r"⟦\1⟧", case.get("ticket", "")),
        outcome=case.get("outcome", ""),
        urgency=case.get("urgency", "normal"),
        slots=(*slots, *_clauses(case.get("clauses", []))),
    )


def _clauses(texts: Sequence[str]) -> Iterator[Slot]:
    for number, text in enumerate(texts, 1):
        name = slot_name(CLAUSE, number)
        yield Slot(name=name, about="Terms: clause", value=text, ref=name, kind=CLAUSE)


def _with_values(task: WritingTask, rng: Random) -> WritingTask:
    """The case as the product would have it: realistic values, no kinds kept from its writer."""
    silent = HISTORY if task.kind == "draft" else DECIDED | {"shop", CLAUSE}
    texts = [text for case in _words()["case"] for text in case.get("clauses", [])]
    facts = []
    for slot in task.slots:
        if slot.kind == CLAUSE or slot.kind in silent:
            continue
        known = slot.value if slot.kind == "status" else rng.choice(_words()["values"][slot.kind])
        facts.append(replace(slot, value=known))
    count = len(task.of_kind(CLAUSE)) if task.kind == "draft" else 0
    return replace(task, slots=(*facts, *_clauses(rng.sample(texts, count))))


# --- planting ---------------------------------------------------------------------

Plant = Callable[[Random, Said, int], str]


def swapped(rng: Random, said: Said, half: int) -> str:
    """A mark of another kind where one stood."""
    marks = [mark for mark in SLOT.finditer(said.text) if said.task.slot(mark[1])]
    pairs = [
        (mark, other)
        for mark in marks
        for other in said.task.slots
        if not _exchangeable(said.task.slot(mark[1]), other) and other.mark not in said.text
        if other.kind != CLAUSE or mark.group() != said.text  # a clause may stand by itself
    ]
    if not pairs:
        return ""
    mark, other = rng.choice(pairs)
    return said.text[: mark.start()] + other.mark + said.text[mark.end() :]


def exchanged(rng: Random, said: Said, half: int) -> str:
    """Two marks of one sentence in each other's place."""
    names = SLOT.findall(said.text)
    pairs = [
        (a, b)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
        if not _exchangeable(said.task.slot(a), said.task.slot(b))
    ]
    if not pairs:
        return ""
    first, second = rng.choice(pairs)
    instead = {first: second, second: first}
    return SLOT.sub(lambda mark: f"⟦{instead.get(mark[1], mark[1])}⟧", said.text)


def _exchangeable(one: Slot | None, other: Slot | None) -> bool:
    """Whether the one may stand for the other and the sentence still be true."""
    if one is None or other is None or one.kind == other.kind:
        return True
    spoken = [kind for kind in (one.kind, other.kind) if kind.startswith("said_")]
    return {one.kind, other.kind} <= SAME or bool(
        spoken and (len(spoken) == 2 or SAME & {one.kind, other.kind})
    )


def typed(rng: Random, said: Said, half: int) -> str:
    """A value of another case in letters and figures where a mark stood."""
    marks = [mark for mark in SLOT.finditer(said.text) if said.task.slot(mark[1])]
    marks = [mark for mark in marks if _kind(said.task, mark[1]) not in (CLAUSE, "shop")]
    if not marks:
        return ""
    mark = rng.choice(marks)
    here = {slot.value for slot in said.task.slots}
    others: list[str] = _words()["values"][_kind(said.task, mark[1])]
    values = [value for value in others if value not in here]
    if not values:
        return ""
    return said.text[: mark.start()] + rng.choice(values) + said.text[mark.end() :]


def _kind(task: WritingTask, name: str) -> str:
    slot = task.slot(name)
    return slot.kind if slot else ""


FLIPS: Final = tuple(
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


def flipped(rng: Random, said: Said, half: int) -> str:
    """A denial put in or taken out where a fact or the decision is stated."""
    states = any(_kind(said.task, name) in RECORDED for name in SLOT.findall(said.text))
    if said.free or said.text.startswith(("Before", "If")):
        return ""
    if not states and not decisions(said.task, said.text) - {"ask order", "ask photo"}:
        return ""
    for old, new in FLIPS:
        if old.search(said.text):
            return re.sub(" +", " ", old.sub(new, said.text, count=1))
    return ""


def _one_of(kind: str) -> Plant:
    """A sentence of the half's own list, said in this case."""

    def plant(rng: Random, said: Said, half: int) -> str:
        draft = said.task.kind == "draft"
        fits = kind != "approvals" or said.task.outcome.startswith("review")
        known = _words()["held_out" if half else "errors"][kind]
        return rng.choice(known) if draft and fits else ""

    return plant


PLANTS: Final[dict[str, Plant]] = {
    "value of another kind": swapped,
    "two values exchanged": exchanged,
    "value of another case typed": typed,
    "negation flipped": flipped,
    "invented promise": _one_of("promises"),
    "invented deadline": _one_of("deadlines"),
    "invented name": _one_of("entities"),
    "approved instead of reviewed": _one_of("approvals"),
    "invented rule": _one_of("policies"),
}


def planted(half: int, each: int) -> Iterator[Said]:
    """``each`` errors of each sort in corpus and free sentences, and the free ones flipped."""
    for name, plant in PLANTS.items():
        rng = Random(f"{SEED}/{name}/{half}")  # noqa: S311
        yield from islice(_planted(name, plant, rng, half), each)
    yield from case_sentences(half, "flipped")
    yield from (said for said in letters(half) if said.planted)


def _planted(name: str, plant: Plant, rng: Random, half: int) -> Iterator[Said]:
    for said in _mixed(half):
        if (text := plant(rng, said, half)) and text != said.text:
            yield replace(said, text=text, planted=name)


def _mixed(half: int) -> Iterator[Said]:
    """The free sentences among the first of the corpus, one in three."""
    corpus = corpus_sentences(half)
    for free in free_sentences(half):
        yield from islice(corpus, 2)
        yield free
    yield from corpus
