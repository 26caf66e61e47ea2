"""What misspelt words cost, and what mending them gives back: `make bench-misspelt DATA=DIR`.

Of the words of a public test set so many are misspelt once each: a letter left out, added, taken
for another, or two of them swapped.
"""

from __future__ import annotations

import random
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

SHARES = (0.0, 0.1, 0.25, 0.5)
WORD = re.compile(r"[A-Za-z]{4,}")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misspell_text(text: str, share: float, seed: int) -> str:
    """The text with a share of its words misspelt; the same seed gives the same."""
    lot = random.Random(seed)
    return WORD.sub(
        lambda match: _slip(match.group(), lot) if lot.random() < share else match.group(), text
    )


def _slip(word: str, lot: random.Random) -> str:
    place = lot.randrange(1, len(word))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    slips = [before + after, before + lot.choice(LETTERS) + letter + after]
    slips.append(before + lot.choice(LETTERS) + after)
    if after:
        slips.append(before + after[0] + letter + after[1:])
    return lot.choice(slips)


def iter_lines(train: str, test: str) -> Iterator[str]:
    from triage.classifier.fitting import fit_model
    from triage.classifier.labelled_texts import read_dataset
    from triage.classifier.out_of_scope import load_background_texts
    from triage.classifier.spelling import SpellingMender
    from triage.pipeline import registry

    taught, asked = read_dataset(train), read_dataset(test, testing=True)
    embed = registry.load_encoder().embed
    general = load_background_texts()
    model = fit_model(
        taught.texts, embed(taught.texts), taught.labels, strangers=(general, embed(general))
    )
    mender, truth = SpellingMender(model.terms, len(taught)), np.array(asked.labels)

    def measure(texts: Sequence[str]) -> str:
        judged = model.judge_texts(texts, embed(texts))
        right = np.array(model.labels)[judged.shares.argmax(axis=1)] == truth
        ours = truth != ""
        kept = right & ~judged.turned_away
        return f"{right[ours].mean():.1%} / {kept[ours].mean():.1%}"

    yield "| words misspelt | label right / and not turned away, as written | mended |"
    yield "|---|---|---|"
    for share in SHARES:
        written = [misspell_text(text, share, seed) for seed, text in enumerate(asked.texts)]
        mended = [mender.mend(text).text for text in written]
        yield f"| {share:.0%} | {measure(written)} | {measure(mended)} |"


class Command(BaseCommand):
    help = "Train on TRAIN, measure on TEST as it is and misspelt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("train")
        parser.add_argument("test")

    def handle(self, *, train: str, test: str, **options: Any) -> None:
        for line in iter_lines(train, test):
            self.stdout.write(line)
