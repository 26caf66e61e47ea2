"""How well past messages are matched with saved replies, and weights fitted on them.

A line of the file is a message with the reply that answers it: {"subject", "text", "label",
"reply"}; an empty reply says that none does. The label is guessed as it would be of a new message:
by machines that were not shown this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from triage.contract.answers import Asked
from triage.contract.saved_reply import SavedReply
from triage.retrieval.reply_matching import FEATURES, ReplyIndex, ReplyWeights, TextEncoder

SEED: Final = 7
RIDGE: Final = 1e-3
STRANGER_SHARE: Final = 0.5  # what a message without its reply counts beside one with it
PAIRS: Final = 700  # of messages put into one mail
LIKELY_LABELS: Final = 2
CHANCES: Final = (0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 0.7)

Matrix = NDArray[np.float32]


class AskedFinder(Protocol):
    """What takes messages apart, as ``retrieval.answer_finder.AnswerFinder`` does."""

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]: ...


@dataclass(frozen=True)
class Example:
    """One thing asked in a past message, its likely labels, and the place of the reply that
    answers, -1 for none.
    """

    asked: Asked
    labels: frozenset[str]
    reply: int


@dataclass(frozen=True)
class Matched:
    """Examples as the machine sees them: ``features`` (examples, replies, 5), which replies say the
    same (``alike``), and the ``right`` one, -1 for none.
    """

    features: Matrix
    alike: NDArray[np.bool_]
    right: NDArray[np.int64]

    def append_examples(self, other: Matched) -> Matched:
        """Both, one after the other."""
        return Matched(
            np.concatenate([self.features, other.features]),
            self.alike,
            np.concatenate([self.right, other.right]),
        )


def load_examples(
    path: Path, replies: Sequence[SavedReply], finder: AskedFinder, encoder: TextEncoder
) -> tuple[list[Example], list[Example]]:
    """The messages of a file that ask one thing; and each two of them as one mail."""
    places = {reply.slug: place for place, reply in enumerate(replies)}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    alone = list(_iter_single(rows, guess_labels(rows, encoder), places, finder))
    return [example for _, example in alone], list(_iter_pairs(alone, finder))


def guess_labels(rows: Sequence[Mapping[str, Any]], encoder: TextEncoder) -> list[frozenset[str]]:
    """The two likeliest labels of each message, by machines that were not shown it; its own where
    there is but one label.
    """
    from triage.classifier.fitting import fit_with_held_out
    from triage.classifier.intent_model import average_log_shares

    if len({row["label"] for row in rows}) < LIKELY_LABELS:
        return [frozenset({row["label"]}) for row in rows]
    texts = [f"{row['subject']}\n{row['text']}" for row in rows]
    vectors = np.asarray(encoder.embed(texts), np.float32)
    all_ = np.ones(len(rows), bool)
    model, held = fit_with_held_out(texts, vectors, [r["label"] for r in rows], ~all_, all_)
    shares = average_log_shares(held.scores, model.temperatures)
    best = np.argsort(-shares, axis=1)[:, :LIKELY_LABELS]
    return [frozenset(model.labels[place] for place in row) for row in best]


def _iter_single(
    rows: Sequence[Mapping[str, Any]],
    likely: Sequence[frozenset[str]],
    places: Mapping[str, int],
    finder: AskedFinder,
) -> Iterator[tuple[Mapping[str, Any], Example]]:
    for row, labels in zip(rows, likely, strict=True):
        asked = finder.find_asked(row["subject"], row["text"])
        if len(asked) == 1:
            yield row, Example(asked[0], labels, places.get(row["reply"], -1))


def _iter_pairs(
    alone: Sequence[tuple[Mapping[str, Any], Example]], finder: AskedFinder
) -> Iterator[Example]:
    """Two messages in one mail, where both questions are still found in it."""
    rng = np.random.default_rng(SEED)
    for one, other in rng.integers(0, len(alone), (PAIRS, 2)):
        (row, first), (next_row, second) = alone[one], alone[other]
        asked = finder.find_asked("", f"{row['text']} {next_row['text']}")
        if len(asked) == 2 and first.reply != second.reply:
            labels = first.labels | second.labels
            yield replace(first, asked=asked[0], labels=labels)
            yield replace(second, asked=asked[1], labels=labels)


def match_examples(
    examples: Sequence[Example],
    replies: Sequence[SavedReply],
    encoder: TextEncoder,
    *,
    by_words: bool = True,
) -> Matched:
    """The features of each example with each reply, without the words they share unless
    ``by_words``.
    """
    index = ReplyIndex.build(replies, encoder)
    words = np.asarray(encoder.embed([one.asked.words for one in examples]), np.float32)
    contexts = np.asarray(encoder.embed([one.asked.context for one in examples]), np.float32)
    likely = np.array(
        [
            [not reply.intents or bool(one.labels & set(reply.intents)) for reply in replies]
            for one in examples
        ]
    )
    right = np.array([one.reply for one in examples])
    texts = [one.asked.context if by_words else "" for one in examples]
    features = index.compute_features(words, contexts, texts, likely)
    alike = index.merge_alike(np.eye(len(replies), dtype=np.float32)) > 0
    return Matched(features, alike, right)


def fit_weights(matched: Matched, made: str) -> ReplyWeights:
    """The weights that make the right reply, or none where it is left out, likeliest."""
    from scipy.optimize import minimize

    start = np.array([3.0] * len(FEATURES) + [8.0])
    bounds = [(0.0, None)] * len(FEATURES) + [(None, None)]
    found = minimize(
        lambda weights: _compute_loss(weights, matched), start, method="L-BFGS-B", bounds=bounds
    )
    *weights, none = (round(float(each), 3) for each in found.x)
    return ReplyWeights(tuple(weights), none, made)


def _compute_loss(weights: NDArray[np.float64], matched: Matched) -> float:
    """Minus the mean log-likelihood: of the right replies, and of none without them."""
    scores, none = matched.features @ weights[:-1], weights[-1]
    rows = np.flatnonzero(matched.right >= 0)
    right = matched.right[rows]
    total = np.logaddexp(np.logaddexp.reduce(scores, axis=1), none)
    loss = (total[rows] - scores[rows, right]).mean()
    scores[rows, right] = -np.inf
    strange = np.logaddexp(np.logaddexp.reduce(scores, axis=1), none) - none
    return float(loss + STRANGER_SHARE * strange.mean() + RIDGE * (weights**2).sum())


def describe_matching(weights: ReplyWeights, matched: Matched) -> Iterator[str]:
    """By the least chance asked: how many are matched, how many of those rightly, and how many of
    those that have a reply get it.
    """
    chances = weights.compute_chances(matched.features)
    top = chances.argmax(axis=1)
    best = (chances * matched.alike[top]).sum(axis=1)
    right = (matched.right >= 0) & matched.alike[top, matched.right]
    able = int((matched.right >= 0).sum())
    for least in CHANCES:
        found = best >= least
        hits = int((found & right).sum())
        yield f"from {least}: {int(found.sum())} matched, {hits} rightly; {hits} of {able} found"
