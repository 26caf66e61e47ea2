"""Learning and measuring the detector of several matters on examples joined two by two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import lssvm
from triage.classifier.fitting import BOTH_RIDGE, NEAR_RIDGE, fit
from triage.classifier.intent_model import rounded
from triage.classifier.multi_intent.detector import (
    Asked,
    Detector,
    Pair,
    Reader,
    matters,
    proposed,
    read,
)
from triage.classifier.multi_intent.synthetic import MEASURED, TAUGHT, couples, join, told
from triage.classifier.out_of_scope import general

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel
    from triage.classifier.labelled_texts import Labelled

    Rows = tuple[Sequence[str], Sequence[str], Any]

FEWEST, MOST = 120, 4000  # examples to learn from; of more, a lot is drawn
OFTEN = 16  # examples of a label; so many of two labels at least
HELD = 4  # one in so many is joined, the others teach the model that judges it
ROUNDS = ((1_000, 4), (3_000, 2))  # up to so many examples; of more, one round does
PAIRS, ALONE, TOLD, TWICE = 180, 600, 200, 70  # texts a round
FALSE = 0.02  # of the texts about one thing, at most so many may be taken for several
SURE = 0.9  # that it is no more than that
STRICT = (("one",), ("one", "told"))  # of each of these; what is said twice is too odd
HOPEFUL = 0.95  # of the joined texts that are read at all
HOPELESS = 1.5  # a proposal that scores less is not read
RIDGE = 0.05  # inverse regularization: the signs lean on each other


# --- learning ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A made text: how its best proposal scored, the pairs read, and what it should be.

    ``kind`` is "two" matters, "one", one "told" with a story, or one said "twice".
    """

    score: float
    pairs: Sequence[Pair]
    wanted: frozenset[int]
    kind: str


def taught(
    model: IntentModel,
    texts: Sequence[str],
    labels: Sequence[str],
    reader: Reader,
    vectors: Any,
    *,
    unseen: Sequence[bool] | None = None,
    seed: int = 7,
) -> IntentModel:
    """The model with a detector of several matters; as it was where there are too few examples.

    The n ``texts``, their ``labels`` and ``vectors`` (n, 384) are those the model was fitted on.
    The joined texts are judged by models that were not given their parts; where ``unseen``
    says which rows a tuned encoder was not shown, they are made of these alone.
    """
    random = np.random.default_rng(seed)
    new = np.ones(len(texts), bool) if unseen is None else np.asarray(unseen, bool)
    often = Counter(label for label, free in zip(labels, new, strict=True) if label and free)
    if new.sum() < FEWEST or sum(count >= OFTEN for count in often.values()) < 2:
        return model
    seen: list[Seen] = []
    rows, lot = (texts, labels, vectors), random.permutation(len(texts))
    for turn in range(next((rounds for most, rounds in ROUNDS if len(texts) <= most), 1)):
        seen += _round(model, rows, _parted(lot, new, turn), reader, random)
    detector = _learned(seen)
    return replace(model, several=detector) if detector else model


def _parted(lot: Any, new: Any, turn: int) -> tuple[Any, Any]:
    """The rows to join, all ``new`` to the encoder, and those that teach the model that judges."""
    held = lot[new[lot]][turn::HELD]
    return held, lot[~np.isin(lot, held)][:MOST]


def _round(
    model: IntentModel, rows: Rows, parts: tuple[Any, Any], reader: Reader, random: Any
) -> Iterator[Seen]:
    held, rest = parts
    texts, labels, _ = rows
    part = _judge(model, rows, rest)
    place = {label: i for i, label in enumerate(part.labels)}
    ours = [int(i) for i in held if labels[i]]
    made = list(_made([texts[i] for i in ours], [labels[i] for i in ours], random))
    asked = _asked([text for text, _, _ in made], part, reader)
    for (_, wanted, kind), each, pairs in zip(made, asked, read(asked, part, reader), strict=True):
        score = max((one.score for one in each.proposals), default=-np.inf)
        yield Seen(float(score), pairs, frozenset(place[one] for one in wanted), kind)


def _judge(model: IntentModel, rows: Rows, some: Any) -> IntentModel:
    """The model's machines fitted on some of its rows, with its terms and temperatures."""
    place = {label: i for i, label in enumerate(model.labels)} | {"": -1}
    truth = np.array([place[rows[1][i]] for i in some])
    order = np.argsort(truth < 0, kind="stable")
    truth, ours = truth[order], int((truth >= 0).sum())
    vectors = rounded(rows[2][some[order]])
    counts = model.terms.of([rows[0][i] for i in some[order]])
    wanted = lssvm.targets(truth, len(model.labels))
    cosines = vectors @ vectors.T
    near = lssvm.inverse(lssvm.closeness(cosines), NEAR_RIDGE) @ wanted
    terms = np.asarray((counts @ counts.T).toarray(), np.float32)
    kernel = lssvm.closeness(cosines) + np.float32(lssvm.TERMS) * terms
    both = lssvm.inverse(kernel, BOTH_RIDGE) @ wanted
    with lssvm.threads(1):
        weights, bias = lssvm.logistic(vectors[:ours], truth[:ours], len(model.labels))
    return replace(
        model,
        weights=weights,
        bias=bias,
        examples=vectors.astype(np.float16),
        ours=ours,
        near=near,
        both=both,
        by_term=np.asarray(lssvm.TERMS * (counts.T @ both), np.float16),
    )


def _asked(texts: Sequence[str], model: IntentModel, reader: Reader) -> list[Asked]:
    """The texts and their proposals; those that two labels hardly explain better are left out."""
    vectors, tokens = reader.embed_with_tokens(texts)
    return [
        Asked(
            text,
            vector,
            [each for each in proposed(text, states, reader, model) if each.score >= HOPELESS],
        )
        for text, vector, states in zip(texts, vectors, tokens, strict=True)
    ]


def _made(
    texts: Sequence[str], labels: Sequence[str], random: Any
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Two matters joined, one alone, one with a story, one said twice; and their labels."""
    ways = list(TAUGHT.ways)
    for turn, (i, j) in enumerate(couples(labels, PAIRS, random)):
        way = ways[turn % len(ways)]
        yield join(texts[i], texts[j], way, TAUGHT, random), (labels[i], labels[j]), "two"
    alone = random.permutation(len(texts))[:ALONE]
    for i in alone:
        yield texts[i], (labels[i],), "one"
    for i in alone[:TOLD]:
        yield told(texts[i], TAUGHT, random), (labels[i],), "told"
    for turn, i in enumerate(alone[:TWICE]):
        same = [j for j in range(len(texts)) if labels[j] == labels[i] and j != i]
        if same:
            other = texts[int(random.choice(same))]
            yield (
                join(texts[i], other, ways[turn % len(ways)], TAUGHT, random),
                (labels[i],),
                "twice",
            )


def _learned(seen: Sequence[Seen]) -> Detector | None:
    """None where no joined text was ever read rightly."""
    right = [[frozenset(pair.labels) == each.wanted for pair in each.pairs] for each in seen]
    known = [each.kind != "two" or any(good) for each, good in zip(seen, right, strict=True)]
    rows = [(i, k) for i, each in enumerate(seen) if known[i] for k in range(len(each.pairs))]
    wanted = np.array([right[i][k] for i, k in rows])
    if not wanted.any() or wanted.all():
        return None
    signs = np.array([seen[i].pairs[k].signs for i, k in rows])
    text = np.array([i for i, _ in rows])
    held = _held_out(seen, signs, wanted, text)
    alone = [[held[i] for i, each in enumerate(seen) if each.kind in of] for of in STRICT]
    hopeful = [each.score for each, good in zip(seen, right, strict=True) if any(good)]
    return replace(
        _fitted(signs, wanted),
        threshold=max(threshold_for(np.array(some)) for some in alone),
        gate=float(np.quantile(hopeful, 1 - HOPEFUL)),
    )


def _held_out(seen: Sequence[Seen], signs: Any, wanted: Any, text: Any) -> Any:
    """The highest probability of each text by detectors that were not given it."""
    highest = np.zeros(len(seen))
    for fold in range(5):
        out = text % 5 == fold
        detector = _fitted(signs[~out], wanted[~out])
        for i in range(fold, len(seen), 5):
            found = [detector.probability(pair.signs) for pair in seen[i].pairs]
            highest[i] = max(found, default=0.0)
    return highest


def _fitted(signs: Any, wanted: Any) -> Detector:
    from sklearn.linear_model import LogisticRegression

    middle, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    model = LogisticRegression(C=RIDGE, max_iter=1000, class_weight="balanced")
    model.fit((signs - middle) / spread, wanted)
    weights = model.coef_[0] / spread
    return Detector(
        tuple(weights.tolist()), float(model.intercept_[0] - middle @ weights), 1.0, -np.inf
    )


def threshold_for(alone: Any) -> float:
    """So high that at most ``FALSE`` of texts like these n about one thing reach it.

    The most of the n that may is by the one-sided bound of Clopper and Pearson, at ``SURE``.
    """
    from scipy.stats import beta

    allowed = [k for k in range(len(alone)) if beta.ppf(SURE, k + 1, len(alone) - k) <= FALSE]
    highest = np.sort(alone)[::-1]
    return float(np.nextafter(highest[max(allowed, default=0)], 2.0))


# --- measuring -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Of ``texts`` made in one way: the shares taken for several, and with both labels right."""

    way: str
    texts: int
    several: float
    right: float
    alone: bool


def measured_on(rows: Labelled, reader: Reader, *, count: int = 300, seed: int = 3) -> list[Found]:
    """Trained on four fifths of the rows, drawn at random; the texts are made of the last fifth."""
    vectors = reader.embed(rows.texts)
    lot = np.random.default_rng(seed).permutation(len(rows))
    last, rest = np.split(lot, [len(rows) // 5])
    texts, labels = [rows.texts[i] for i in rest], [rows.labels[i] for i in rest]
    strangers = general(), reader.embed(general())
    model = fit(texts, vectors[rest], labels, strangers=strangers)
    model = taught(model, texts, labels, reader, vectors[rest])
    left = [(rows.texts[i], rows.labels[i]) for i in last if rows.labels[i] in model.labels]
    return measured(model, left, reader, count=count, seed=seed)


def measured(
    model: IntentModel,
    left: Sequence[tuple[str, str]],
    reader: Reader,
    *,
    count: int = 300,
    seed: int = 3,
) -> list[Found]:
    """``count`` pairs of these texts and labels in each way, each in either order; then all
    texts alone, and ``count`` of them with a story. The model was given none of them."""
    random = np.random.default_rng(seed)
    texts, labels = [text for text, _ in left], [label for _, label in left]
    two = couples(labels, count, random)
    made = {
        way: [
            (join(texts[a], texts[b], way, MEASURED, random), {labels[a], labels[b]})
            for i, j in two
            for a, b in ((i, j), (j, i))
        ]
        for way in MEASURED.ways
    }
    some = random.permutation(len(texts))[:count]
    made["one matter"] = [(text, set[str]()) for text in texts]
    made["one with a story"] = [(told(texts[i], MEASURED, random), set[str]()) for i in some]
    return [_found(way, those, model, reader) for way, those in made.items()]


def _found(
    way: str, made: Sequence[tuple[str, set[str]]], model: IntentModel, reader: Reader
) -> Found:
    got = [{matter.label for matter in matters(text, model, reader)} for text, _ in made]
    right = [bool(one) and one == wanted for one, (_, wanted) in zip(got, made, strict=True)]
    several = float(np.mean([bool(one) for one in got]))
    return Found(way, len(made), several, float(np.mean(right)), not any(w for _, w in made))
