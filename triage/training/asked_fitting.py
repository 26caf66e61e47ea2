"""Fitting the model that finds what a message asks, and what it finds in mails held out.

It tells pieces that ask for something from those that tell a story, and of those that ask the
wishes from the questions. It is fitted on the same pieces that it reads at work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from triage.nlu.asked_pieces import cut_pieces
from triage.nlu.asked_signs import iter_tokens
from triage.retrieval.reply_matching import TextEncoder
from triage.signals.asked_model import AskedModel, build_features

FOLDER: Final = Path(__file__).parent
FILES: Final = ("asked_sentences.jsonl", "asked_sentences_terse.jsonl")
INVERSE_REGULARIZATION: Final = 1.0
MIN_MAILS: Final = 2
"""A word that fewer pieces have tells nothing of others."""
FOLDS: Final = 10
SEED: Final = 7
NOTHING, WISH = "none", "wish"

Flags = NDArray[np.bool_]
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A piece of a mail as the model reads it, what it is, and the mail it is of."""

    words: str
    kind: str
    mail: int


def load_pieces() -> tuple[Piece, ...]:
    """The labelled sentences cut as messages are; a sentence that asks twice asks in each part."""
    files = [FOLDER / name for name in FILES]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return tuple(
        piece for mail, line in enumerate(lines) for piece in _iter_pieces(mail, json.loads(line))
    )


def _iter_pieces(mail: int, row: Mapping[str, Any]) -> Iterator[Piece]:
    for sentence, kind in row["mail"]:
        for words in cut_pieces(sentence):
            yield Piece(words, kind, mail)


def fit_model(encoder: TextEncoder) -> tuple[AskedModel, Mapping[str, Any]]:
    """The model, and a report on mails that the judge had not read."""
    pieces = load_pieces()
    vectors = np.asarray(encoder.embed([piece.words for piece in pieces]), np.float32)
    asks = np.array([piece.kind != NOTHING for piece in pieces])
    wishes = np.array([piece.kind == WISH for piece in pieces])
    held = _judge_held_out(pieces, vectors, asks, wishes)
    threshold = _choose_threshold(held[:, 0], asks)
    report = {
        "asking": _describe_share(held[:, 0] >= threshold, asks),
        "wishes among what asks": _describe_share(held[asks, 1] >= 0.5, wishes[asks]),
    }
    return _fit_regressions(pieces, vectors, asks, wishes, threshold), report


def _judge_held_out(
    pieces: Sequence[Piece], vectors: Matrix, asks: Flags, wishes: Flags
) -> NDArray[np.float32]:
    """Probabilities (pieces, 2), each by a model that had read no piece of its mail."""
    mails = np.array([piece.mail for piece in pieces])
    fold = np.random.default_rng(SEED).permutation(mails.max() + 1)[mails] % FOLDS
    chances = np.zeros((len(pieces), 2), np.float32)
    for number in range(FOLDS):
        train, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        model = _fit_regressions(
            [pieces[int(at)] for at in train], vectors[train], asks[train], wishes[train], 0.5
        )
        chances[held] = model.compute_probabilities(
            [pieces[int(at)].words for at in held], vectors[held]
        )
    return chances


def _choose_threshold(chances: Matrix, right: Flags) -> float:
    """The threshold with the best balance (F1) of found and rightly found."""
    steps = np.linspace(0.2, 0.8, 61)
    scores = [_compute_f1(chances >= step, right) for step in steps]
    return float(steps[int(np.argmax(scores))])


def _compute_f1(found: Flags, right: Flags) -> float:
    return float(2 * (found & right).sum() / (found.sum() + right.sum()))


def _describe_share(found: Flags, right: Flags) -> Mapping[str, str]:
    both = int((found & right).sum())
    return {
        "right of those found": f"{both} of {int(found.sum())}",
        "found": f"{both} of {int(right.sum())}",
    }


def _fit_regressions(
    pieces: Sequence[Piece], vectors: Matrix, asks: Flags, wishes: Flags, threshold: float
) -> AskedModel:
    from sklearn.linear_model import LogisticRegression

    words = [piece.words for piece in pieces]
    tokens, rarity = _learn_tokens(words)
    places = {token: place for place, token in enumerate(tokens)}
    features = build_features(tokens, rarity, places, words, vectors)
    asking, wishing = (
        LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=3000, class_weight="balanced").fit(
            features[rows], right[rows]
        )
        for rows, right in ((slice(None), asks), (asks, wishes))
    )
    return AskedModel(
        tokens,
        rarity,
        np.stack([asking.coef_[0], wishing.coef_[0]], axis=1).astype(np.float32),
        np.array([asking.intercept_[0], wishing.intercept_[0]], np.float32),
        threshold,
    )


def _learn_tokens(words: Sequence[str]) -> tuple[tuple[str, ...], Matrix]:
    """The words that several pieces have, and how rare each is (smoothed, natural logarithm)."""
    seen = Counter(token for piece in words for token in set(iter_tokens(piece)))
    tokens = tuple(sorted(token for token, count in seen.items() if count >= MIN_MAILS))
    counts = np.array([seen[token] for token in tokens])
    return tokens, (np.log((1 + len(words)) / (1 + counts)) + 1).astype(np.float32)
