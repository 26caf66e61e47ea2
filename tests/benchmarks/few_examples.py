"""How much is labelled with few examples? All intents of a public set, drawn by lot.

`make bench-few-examples DATA=DIR`. Each draw teaches every intent of the set with so many examples
and judges others of its texts; the promise is made from the examples alone, no strangers come in.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from tests.benchmarks.promises import fit_rows, judge_rows

EXAMPLES, TARGETS, TESTED_OF_INTENT = (5, 10, 20, 50), (0.95, 0.90), 20


@dataclass(frozen=True)
class Labelled:
    """Shares of one draw's texts: the first guess right, labelled, of those right."""

    guessed: float
    labelled: float
    right: float


def run_draw(
    texts: Sequence[str], vectors: Any, labels: Any, examples: int, seed: int
) -> Iterator[Labelled]:
    """One result for each target."""
    from triage.classifier.selective import compute_guarantee

    taught, own = _draw_rows(labels, examples, np.random.default_rng(seed))
    model = fit_rows(texts, vectors, labels, taught, seed)
    for target in TARGETS:
        promise = compute_guarantee(model.evidence, target, strangers=0.0)
        sure, right = judge_rows(model, promise, texts, vectors, labels, own)
        given = sure & promise.valid
        yield Labelled(
            float(right.mean()),
            float(given.mean()),
            float(right[given].mean()) if given.any() else float("nan"),
        )


def _draw_rows(labels: Any, examples: int, lot: Any) -> tuple[Any, Any]:
    """Rows that teach, and other rows of the same intents; small intents have none to test."""
    by_intent = [lot.permutation(np.flatnonzero(labels == one)) for one in np.unique(labels)]
    taught = np.concatenate([rows[:examples] for rows in by_intent])
    return taught, np.concatenate(
        [rows[examples : examples + TESTED_OF_INTENT] for rows in by_intent]
    )


def iter_lines(train: str, draws: int) -> Iterator[str]:
    from triage.classifier.labelled_texts import read_dataset
    from triage.pipeline import registry

    data = read_dataset(train)
    ours = np.flatnonzero(np.array(data.labels) != "")
    texts, labels = [data.texts[i] for i in ours], np.array(data.labels)[ours]
    vectors = registry.load_encoder().embed(texts)
    yield f"{len(np.unique(labels))} intents, {draws} draws\n"
    yield "| examples of each | target | first guess right | labelled | right of those |"
    yield "|---|---|---|---|---|"
    for examples in EXAMPLES:
        made = [list(run_draw(texts, vectors, labels, examples, seed)) for seed in range(draws)]
        for target, found in zip(TARGETS, zip(*made, strict=True), strict=True):
            yield _format_row(examples, target, found)


def _format_row(examples: int, target: float, found: Sequence[Labelled]) -> str:
    guessed = np.mean([one.guessed for one in found])
    labelled = [one.labelled for one in found]
    right = [one.right for one in found if one.labelled]
    spread = f"{min(labelled):.1%}–{max(labelled):.1%}"
    kept = f"{np.mean(right):.1%}" if right else "–"
    return (
        f"| {examples} | {target:.0%} | {guessed:.1%} "
        f"| {np.mean(labelled):.1%} ({spread}) | {kept} |"
    )


class Command(BaseCommand):
    help = "Teach every intent of TRAIN with 5, 10, 20 and 50 examples and count what is labelled."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("train", help="labelled texts, as evaluate_intents reads them")
        parser.add_argument("--draws", type=int, default=5)

    def handle(self, *, train: str, draws: int, **options: Any) -> None:
        for line in iter_lines(train, draws):
            self.stdout.write(line)
