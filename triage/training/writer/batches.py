"""From examples to padded batches of token ids, labels and label weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from triage.generation.prompt import END, build_writer_prompt
from triage.training.writer.corpus.generate import Example, build_example
from triage.training.writer.tokenizer import MARKS, PAD, get_token_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

UNLABELLED: Final = -100
MARK_WEIGHT: Final = 4.0
"""Pointing is what must be right; wording may vary."""
BATCHES_PER_STEP: Final = 4
POOL_STEPS: Final = 32
"""Steps drawn together and sorted by length, so that little is padding."""


class Row(NamedTuple):
    """Token ids of one example, what to predict after each, and how much it counts."""

    ids: list[int]
    labels: list[int]
    weights: list[float]


class Batch(NamedTuple):
    """Tensors of shape (examples, longest): int64, int64, float32."""

    ids: Tensor
    labels: Tensor
    weights: Tensor


def build_row(example: Example, tokenizer: Tokenizer) -> Row:
    """One example as a row: the reply is learnt, the prompt is only read."""
    prompt = tokenizer.encode(build_writer_prompt(example.task)).ids
    reply = tokenizer.encode(example.text + END).ids
    marks = {get_token_id(tokenizer, mark) for mark in MARKS}
    labels = [UNLABELLED] * (len(prompt) - 1) + reply + [UNLABELLED]
    weights = [MARK_WEIGHT if label in marks else 1.0 for label in labels]
    return Row(prompt + reply, labels, weights)


def iter_batches(
    tokenizer: Tokenizer, seed: int, size: int, start: int = 0
) -> Iterator[tuple[int, list[Batch]]]:
    """Steps without end from example ``start`` on: the number of the first example of
    the pool, from which training resumes, and ``size`` rows as BATCHES_PER_STEP batches.

    Each step has short rows and long ones, each batch rows of one length: little is
    padding, and no step is made of one kind of example alone.
    """
    pool = size * POOL_STEPS
    for first in count(start, pool):
        rows = [
            build_row(build_example(seed, number), tokenizer)
            for number in range(first, first + pool)
        ]
        rows.sort(key=lambda r: len(r.ids))
        part, share = size // BATCHES_PER_STEP, pool // BATCHES_PER_STEP
        for step in range(POOL_STEPS):
            at = [quarter * share + step * part for quarter in range(BATCHES_PER_STEP)]
            chunks = [rows[begin : begin + part] for begin in at]
            yield first, [_pad_rows(chunk, tokenizer) for chunk in chunks]


def _pad_rows(rows: list[Row], tokenizer: Tokenizer) -> Batch:
    import torch

    pad = get_token_id(tokenizer, PAD)
    longest = max(len(r.ids) for r in rows)
    return Batch(
        torch.tensor([r.ids + [pad] * (longest - len(r.ids)) for r in rows]),
        torch.tensor([r.labels + [UNLABELLED] * (longest - len(r.ids)) for r in rows]),
        torch.tensor([r.weights + [0.0] * (longest - len(r.ids)) for r in rows]),
    )
