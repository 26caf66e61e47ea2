"""From examples to padded batches of token ids, labels and label weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from triage.generation.prompt import END, focal_prompt
from triage.training.writer.corpus.generate import Example, example
from triage.training.writer.tokenizer import MARKS, PAD, token_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

UNLABELLED: Final = -100
MARK_WEIGHT: Final = 4.0
"""Pointing is what must be right; wording may vary."""
PARTS: Final = 4
POOL: Final = 32
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


def row(example: Example, tokenizer: Tokenizer) -> Row:
    """Learn the reply; the prompt is only read."""
    prompt = tokenizer.encode(focal_prompt(example.task)).ids
    reply = tokenizer.encode(example.text + END).ids
    marks = {token_id(tokenizer, mark) for mark in MARKS}
    labels = [UNLABELLED] * (len(prompt) - 1) + reply + [UNLABELLED]
    weights = [MARK_WEIGHT if label in marks else 1.0 for label in labels]
    return Row(prompt + reply, labels, weights)


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
        rows = [row(example(seed, number), tokenizer) for number in range(first, first + pool)]
        rows.sort(key=lambda r: len(r.ids))
        part, share = size // PARTS, pool // PARTS
        for step in range(POOL):
            at = [quarter * share + step * part for quarter in range(PARTS)]
            chunks = [rows[begin : begin + part] for begin in at]
            yield first, [_padded(chunk, tokenizer) for chunk in chunks]


def _padded(rows: list[Row], tokenizer: Tokenizer) -> Batch:
    import torch

    pad = token_id(tokenizer, PAD)
    longest = max(len(r.ids) for r in rows)
    return Batch(
        torch.tensor([r.ids + [pad] * (longest - len(r.ids)) for r in rows]),
        torch.tensor([r.labels + [UNLABELLED] * (longest - len(r.ids)) for r in rows]),
        torch.tensor([r.weights + [0.0] * (longest - len(r.ids)) for r in rows]),
    )
