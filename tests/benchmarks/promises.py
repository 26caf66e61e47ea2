"""Is the promise kept where strangers come in? Intents of a public set drawn by lot, over and over.

`make bench-promises DATA=DIR`. In each draw eight intents are a shop's,
with so many examples each; the other intents of the set are the strangers that come in, near ones
all of them. The promise is made from the shop's examples alone and judged on texts it never saw.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

TARGET, INTENTS = 0.95, 8
EXAMPLES, SHARES = (10, 20, 50), (0.1, 0.3, 0.6)
TESTED_OF_INTENT, TESTED_STRANGERS = 60, 1_000


@dataclass(frozen=True)
class Traffic:
    """What became of one draw's texts: labelled rightly, labelled, and strangers labelled."""

    valid: bool
    right: float
    labelled: float
    strangers: float

    def compute_outcome(self, share: float) -> tuple[float, float]:
        """Coverage and precision where a ``share`` of the messages are strangers."""
        coverage = (1 - share) * self.labelled + share * self.strangers
        return coverage, (1 - share) * self.right / coverage if coverage else 1.0


def run_draw(
    texts: Sequence[str], vectors: Any, labels: Any, examples: int, assumed: float, seed: int
) -> Traffic:
    from triage.classifier.selective import compute_guarantee

    taught, own, strange = _draw_rows(labels, examples, np.random.default_rng(seed))
    model = fit_rows(texts, vectors, labels, taught, seed)
    promise = compute_guarantee(model.evidence, TARGET, strangers=assumed)
    given, right = judge_rows(model, promise, texts, vectors, labels, own)
    taken_in, _ = judge_rows(model, promise, texts, vectors, labels, strange)
    return Traffic(
        promise.valid,
        float((given & right).mean()),
        float(given.mean()),
        float(taken_in.mean()),
    )


def fit_rows(texts: Sequence[str], vectors: Any, labels: Any, taught: Any, seed: int) -> Any:
    """The model that these rows teach."""
    from triage.classifier.fitting import fit_model

    return fit_model(
        [texts[i] for i in taught], vectors[taught], labels[taught].tolist(), seed=seed
    )


def judge_rows(
    model: Any, promise: Any, texts: Sequence[str], vectors: Any, labels: Any, rows: Any
) -> tuple[Any, Any]:
    """Of each row: is it labelled under the promise, and is the first guess right?"""
    judged = model.judge_texts([texts[i] for i in rows], vectors[rows])
    said = np.array(model.labels)[judged.shares.argmax(axis=1)]
    sure = (judged.confidence >= promise.threshold) & ~judged.turned_away
    return sure & ~np.isin(said, list(promise.withheld)), said == labels[rows]


def _draw_rows(labels: Any, examples: int, lot: Any) -> tuple[Any, Any, Any]:
    """Rows that teach, other rows of the same intents, and rows of all other intents."""
    chosen = lot.choice(np.unique(labels), INTENTS, replace=False)
    by_intent = [lot.permutation(np.flatnonzero(labels == one)) for one in chosen]
    taught = np.concatenate([rows[:examples] for rows in by_intent])
    own = np.concatenate([rows[examples : examples + TESTED_OF_INTENT] for rows in by_intent])
    others = np.flatnonzero(~np.isin(labels, chosen))
    return taught, own, lot.choice(others, TESTED_STRANGERS, replace=False)


def iter_lines(train: str, draws: int) -> Iterator[str]:
    from triage.classifier.labelled_texts import read_dataset
    from triage.pipeline import registry

    data = read_dataset(train)
    vectors, labels = registry.load_encoder().embed(data.texts), np.array(data.labels)
    yield f"{INTENTS} intents, a promise of {TARGET:.0%}, {draws} draws\n"
    yield "| examples | assumed / real strangers | promised | kept or none | labelled | right |"
    yield "|---|---|---|---|---|---|"
    for examples in EXAMPLES:
        for assumed in (0.0, 0.3):
            made = [
                run_draw(data.texts, vectors, labels, examples, assumed, seed)
                for seed in range(draws)
            ]
            for share in SHARES:
                yield _format_row(made, examples, assumed, share)


def _format_row(made: Sequence[Traffic], examples: int, assumed: float, share: float) -> str:
    found = np.array([one.compute_outcome(share) for one in made])
    valid = np.array([one.valid for one in made])
    kept = float((~valid | (found[:, 1] >= TARGET)).mean())
    mean = found[valid].mean(axis=0) if valid.any() else np.zeros(2)
    return (
        f"| {examples} | {assumed:.0%} / {share:.0%} | {valid.mean():.0%} | {kept:.1%} "
        f"| {mean[0]:.0%} | {mean[1]:.1%} |"
    )


class Command(BaseCommand):
    help = "Draw shops of eight intents from TRAIN and hold their promise against strangers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("train", help="labelled texts, as evaluate_intents reads them")
        parser.add_argument("--draws", type=int, default=200)

    def handle(self, *, train: str, draws: int, **options: Any) -> None:
        for line in iter_lines(train, draws):
            self.stdout.write(line)
