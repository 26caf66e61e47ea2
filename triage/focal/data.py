"""From examples to padded batches of token ids, labels and label weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from triage.focal.corpus import Example, example
from triage.focal.corpus.phrases import load
from triage.focal.prompt import END, WRITE, focal_prompt, slot_line
from triage.focal.tokenizer import CITE, CLAUSE_MARKS, MARKS, PAD, SKIP, TOPIC_NAMES, token_id
from triage.grounding import OPEN, SLOT

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

UNLABELLED: Final = -100
MARK_WEIGHT: Final = 4.0
"""Pointing is what must be right; wording may vary."""
CLAUSE_WEIGHT: Final = 20.0
JUDGEMENT_WEIGHT: Final = 3.0
TOPIC_WEIGHT: Final = 2.0
HEADER_LINES: Final = 5
NAMING_WEIGHT: Final = 0.5
DRILLED: Final = 6144
"""The first so many examples are drills, and every fourth of as many after them."""
DRILL_SLOTS: Final = 16
JUDGED: Final = 4
"""After the drills, of every so many examples one is only judged."""
PARTS: Final = 4
POOL: Final = 32
"""Steps drawn together and sorted by length, so that little is padding."""


class Row(NamedTuple):
    """Token ids of one example, what to predict after each, and how much it counts."""

    ids: list[int]
    labels: list[int]
    weights: list[float]


class Batch(NamedTuple):
    """Tensors of shape (examples, longest): int64, int64, float32, and two masks of
    the labels that name a topic or give a verdict."""

    ids: Tensor
    labels: Tensor
    weights: Tensor
    topics: Tensor
    verdicts: Tensor


def row(example: Example, tokenizer: Tokenizer) -> Row:
    """Learn the reply, and at each clause mark of the prompt whether to cite it.

    The second kind of label is never asked for at inference. It teaches relevance
    six times an example, where the reply alone would teach it once.
    """
    prompt = tokenizer.encode(focal_prompt(example.task)).ids
    reply = tokenizer.encode(example.text + END).ids
    ids = prompt + reply
    labels = [UNLABELLED] * (len(prompt) - 1) + reply + [UNLABELLED]
    marks = {token_id(tokenizer, mark) for mark in MARKS}
    clauses = {token_id(tokenizer, mark): mark for mark in CLAUSE_MARKS}
    worth = dict.fromkeys(marks, MARK_WEIGHT) | dict.fromkeys(clauses, CLAUSE_WEIGHT)
    weights = [worth.get(label, 1.0) for label in labels]
    cited = {f"⟦{name}⟧" for name in SLOT.findall(example.text)}
    topics = {slot.mark: slot.ref for slot in example.task.of_kind("clause")}
    asked = _end_of_ticket(prompt, tokenizer)
    if example.topics:
        labels[asked] = _topic_id(tokenizer, sorted(example.topics)[len(ids) % len(example.topics)])
        weights[asked] = TOPIC_WEIGHT
    for at, token in enumerate(prompt):
        if token in clauses:
            named = _topic_id(tokenizer, topics[clauses[token]])
            verdict = token_id(tokenizer, CITE if clauses[token] in cited else SKIP)
            labels[at - 1 : at + 1] = [named, verdict]
            weights[at - 1 : at + 1] = [TOPIC_WEIGHT, JUDGEMENT_WEIGHT]
        elif token in marks:
            labels[at] = prompt[at - 1]
            weights[at] = NAMING_WEIGHT
    return Row(ids, labels, weights)


def _end_of_ticket(prompt: list[int], tokenizer: Tokenizer) -> int:
    """Where the model has read what is asked and not yet what is offered."""
    breaks = {tokenizer.token_to_id(token) for token in ("Ċ", "ĠĊ")}
    lines = [at for at, token in enumerate(prompt) if token in breaks]
    return lines[HEADER_LINES - 1] if len(lines) >= HEADER_LINES else 0


def _topic_id(tokenizer: Tokenizer, topic: str) -> int:
    return token_id(tokenizer, TOPIC_NAMES[list(load("clauses")).index(topic)])


def drill(example: Example, tokenizer: Tokenizer, number: int) -> Row:
    """Some slots of an example recited twice: which mark belongs to which line?

    A model that has learned to look back points rightly in its replies soon after.
    From replies alone it took more than a million tokens without a sign of it; from
    short recitals, a few slots first and then more, some tens of thousands.
    """
    rng = Random(number)  # noqa: S311 (a seed, not a secret)
    lines = list(dict.fromkeys(slot_line(slot) for slot in example.task.slots))
    known = {line.split(OPEN)[0]: line for line in lines}
    most = 4 + (DRILL_SLOTS - 4) * number // DRILLED
    chosen = rng.sample(sorted(known.values()), min(len(known), rng.randint(2, most)))
    again = rng.sample(chosen, len(chosen))
    first, second = (
        tokenizer.encode("".join(f"\n{line}" for line in part)).ids for part in (chosen, again)
    )
    ids = first + second
    marks = {token_id(tokenizer, mark) for mark in MARKS}
    labels = [UNLABELLED] * len(ids)
    for at, token in enumerate(ids):
        if token in marks:
            labels[at] = ids[at - 1]
            if at >= len(first):
                labels[at - 1] = token
    return Row(ids, labels, [1.0 if label in marks else NAMING_WEIGHT for label in labels])


def batches(
    tokenizer: Tokenizer, seed: int, size: int, start: int = 0
) -> Iterator[tuple[int, list[Batch]]]:
    """Steps without end from example ``start`` on: the number of the first example of
    the pool, from which training resumes, and ``size`` rows as PARTS batches.

    Each step has short rows and long ones, each batch rows of one length: little is
    padding, and no step is made of one kind of example alone.
    """
    pool = size * POOL
    for first in count(start, pool):
        rows = [_row(tokenizer, seed, number) for number in range(first, first + pool)]
        rows.sort(key=lambda r: len(r.ids))
        part, share = size // PARTS, pool // PARTS
        for step in range(POOL):
            at = [quarter * share + step * part for quarter in range(PARTS)]
            chunks = [rows[begin : begin + part] for begin in at]
            yield first, [_padded(chunk, tokenizer) for chunk in chunks]


def judgement(example: Example, tokenizer: Tokenizer) -> Row:
    """The question and the clauses alone: which are to be cited? More verdicts
    a token than a whole example has."""
    clauses = tuple(slot for slot in example.task.slots if slot.name.startswith("P"))
    whole = row(replace(example, task=replace(example.task, slots=clauses)), tokenizer)
    asked = whole.ids.index(token_id(tokenizer, WRITE))
    return Row(whole.ids[:asked], whole.labels[:asked], whole.weights[:asked])


def _row(tokenizer: Tokenizer, seed: int, number: int) -> Row:
    if number < DRILLED or (number < 2 * DRILLED and number % 4 == 0):
        return drill(example(seed, number), tokenizer, min(number, DRILLED))
    made = example(seed, number)
    if number % JUDGED == 1 and made.task.kind == "draft" and made.task.of_kind("clause"):
        return judgement(made, tokenizer)
    return row(made, tokenizer)


def _padded(rows: list[Row], tokenizer: Tokenizer) -> Batch:
    import torch

    pad = token_id(tokenizer, PAD)
    longest = max(len(r.ids) for r in rows)
    labels = torch.tensor([r.labels + [UNLABELLED] * (longest - len(r.ids)) for r in rows])
    return Batch(
        torch.tensor([r.ids + [pad] * (longest - len(r.ids)) for r in rows]),
        labels,
        torch.tensor([r.weights + [0.0] * (longest - len(r.ids)) for r in rows]),
        torch.isin(labels, torch.tensor([token_id(tokenizer, t) for t in TOPIC_NAMES])),
        torch.isin(labels, torch.tensor([token_id(tokenizer, t) for t in (CITE, SKIP)])),
    )
