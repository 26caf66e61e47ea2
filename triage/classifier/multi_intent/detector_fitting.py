"""Learning and measuring the multi-intent detector on examples joined two by two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier import lssvm
from triage.classifier.fitting import BOTH_RIDGE, NEAR_RIDGE, fit_model
from triage.classifier.intent_model import round_vectors
from triage.classifier.multi_intent.detector import (
    MultiIntentDetector,
    Pair,
    TextProposals,
    find_matters,
    propose_splits,
    read_proposals,
)
from triage.classifier.multi_intent.synthetic import (
    EVALUATION_PHRASES,
    TRAINING_PHRASES,
    draw_pairs,
    join_texts,
    wrap_in_story,
)
from triage.classifier.out_of_scope import load_background_texts
from triage.signals.encoded_text import TokenEncoder

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel
    from triage.classifier.labelled_texts import LabelledTexts

    Rows = tuple[Sequence[str], Sequence[str], Any]

MIN_EXAMPLES, MAX_EXAMPLES = 120, 4000  # examples to learn from; of more, a lot is drawn
MIN_LABEL_EXAMPLES = 16  # examples of a label; so many of two labels at least
HELD_OUT_EVERY = 4  # one in so many is joined, the others teach the model that judges it
ROUND_LIMITS = ((1_000, 4), (3_000, 2))  # up to so many examples; of more, one round does
PAIR_TEXTS, SINGLE_TEXTS, STORY_TEXTS, REPEATED_TEXTS = 180, 600, 200, 70  # texts a round
MAX_FALSE_SHARE = 0.02  # of the texts about one thing, at most so many may be taken for several
BOUND_CONFIDENCE = 0.9  # that it is no more than that
STRICT_KINDS = (("one",), ("one", "told"))  # of each of these; what is said twice is too odd
MIN_READ_SHARE = 0.95  # of the joined texts that are read at all
MIN_PROPOSAL_SCORE = 1.5  # a proposal that scores less is not read
INVERSE_REGULARIZATION = 0.05  # inverse regularization: the signs lean on each other


@dataclass(frozen=True)
class ScoredText:
    """A made text: how its best proposal scored, the pairs read, and what it should be.

    ``kind`` is "two" matters, "one", one "told" with a story, or one said "twice".
    """

    score: float
    pairs: Sequence[Pair]
    wanted: frozenset[int]
    kind: str


def add_detector(
    model: IntentModel,
    texts: Sequence[str],
    labels: Sequence[str],
    reader: TokenEncoder,
    vectors: Any,
    *,
    unseen: Sequence[bool] | None = None,
    seed: int = 7,
) -> IntentModel:
    """Add a multi-intent detector to a model; unchanged where there are too few examples.

    The n ``texts``, ``labels`` and ``vectors`` (n, 384) are those the model was fitted on.
    The joined texts are judged by models that were not given their parts; where ``unseen``
    says which rows a tuned encoder was not shown, they are made of these alone.
    """
    random = np.random.default_rng(seed)
    new = np.ones(len(texts), bool) if unseen is None else np.asarray(unseen, bool)
    often = Counter(label for label, free in zip(labels, new, strict=True) if label and free)
    if new.sum() < MIN_EXAMPLES or sum(count >= MIN_LABEL_EXAMPLES for count in often.values()) < 2:
        return model
    seen: list[ScoredText] = []
    rows, lot = (texts, labels, vectors), random.permutation(len(texts))
    for turn in range(next((rounds for most, rounds in ROUND_LIMITS if len(texts) <= most), 1)):
        seen += _iter_round_texts(model, rows, _split_rows(lot, new, turn), reader, random)
    detector = _learn_detector(seen)
    return replace(model, several=detector) if detector else model


def _split_rows(lot: Any, new: Any, turn: int) -> tuple[Any, Any]:
    """The rows to join, all ``new`` to the encoder, and those that teach the model that judges."""
    held = lot[new[lot]][turn::HELD_OUT_EVERY]
    return held, lot[~np.isin(lot, held)][:MAX_EXAMPLES]


def _iter_round_texts(
    model: IntentModel, rows: Rows, parts: tuple[Any, Any], reader: TokenEncoder, random: Any
) -> Iterator[ScoredText]:
    held, rest = parts
    texts, labels, _ = rows
    part = _fit_judge(model, rows, rest)
    place = {label: i for i, label in enumerate(part.labels)}
    ours = [int(i) for i in held if labels[i]]
    made = list(_iter_synthetic_texts([texts[i] for i in ours], [labels[i] for i in ours], random))
    asked = _build_proposals([text for text, _, _ in made], part, reader)
    for (_, wanted, kind), each, pairs in zip(
        made, asked, read_proposals(asked, part, reader), strict=True
    ):
        score = max((one.score for one in each.proposals), default=-np.inf)
        yield ScoredText(float(score), pairs, frozenset(place[one] for one in wanted), kind)


def _fit_judge(model: IntentModel, rows: Rows, some: Any) -> IntentModel:
    """The model's machines fitted on some of its rows, with its terms and temperatures."""
    place = {label: i for i, label in enumerate(model.labels)} | {"": -1}
    truth = np.array([place[rows[1][i]] for i in some])
    order = np.argsort(truth < 0, kind="stable")
    truth, ours = truth[order], int((truth >= 0).sum())
    vectors = round_vectors(rows[2][some[order]])
    counts = model.terms.build_matrix([rows[0][i] for i in some[order]])
    wanted = lssvm.build_targets(truth, len(model.labels))
    cosines = vectors @ vectors.T
    near = lssvm.invert_kernel(lssvm.compute_kernel(cosines), NEAR_RIDGE) @ wanted
    terms = np.asarray((counts @ counts.T).toarray(), np.float32)
    kernel = lssvm.compute_kernel(cosines) + np.float32(lssvm.TERM_KERNEL_WEIGHT) * terms
    both = lssvm.invert_kernel(kernel, BOTH_RIDGE) @ wanted
    with lssvm.limit_threads(1):
        weights, bias = lssvm.fit_logistic(vectors[:ours], truth[:ours], len(model.labels))
    return replace(
        model,
        weights=weights,
        bias=bias,
        examples=vectors.astype(np.float16),
        ours=ours,
        near=near,
        both=both,
        by_term=np.asarray(lssvm.TERM_KERNEL_WEIGHT * (counts.T @ both), np.float16),
    )


def _build_proposals(
    texts: Sequence[str], model: IntentModel, reader: TokenEncoder
) -> list[TextProposals]:
    """The texts with their proposals, without those that two labels hardly explain."""
    vectors, tokens = reader.embed_with_tokens(texts)
    return [
        TextProposals(
            text,
            vector,
            [
                each
                for each in propose_splits(text, states, reader, model)
                if each.score >= MIN_PROPOSAL_SCORE
            ],
        )
        for text, vector, states in zip(texts, vectors, tokens, strict=True)
    ]


def _iter_synthetic_texts(
    texts: Sequence[str], labels: Sequence[str], random: Any
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Synthetic texts with their labels and kind.

    Two matters joined, one alone, one with a story, one said twice.
    """
    ways = list(TRAINING_PHRASES.ways)
    for turn, (i, j) in enumerate(draw_pairs(labels, PAIR_TEXTS, random)):
        way = ways[turn % len(ways)]
        yield (
            join_texts(texts[i], texts[j], way, TRAINING_PHRASES, random),
            (labels[i], labels[j]),
            "two",
        )
    alone = random.permutation(len(texts))[:SINGLE_TEXTS]
    for i in alone:
        yield texts[i], (labels[i],), "one"
    for i in alone[:STORY_TEXTS]:
        yield wrap_in_story(texts[i], TRAINING_PHRASES, random), (labels[i],), "told"
    for turn, i in enumerate(alone[:REPEATED_TEXTS]):
        same = [j for j in range(len(texts)) if labels[j] == labels[i] and j != i]
        if same:
            other = texts[int(random.choice(same))]
            yield (
                join_texts(texts[i], other, ways[turn % len(ways)], TRAINING_PHRASES, random),
                (labels[i],),
                "twice",
            )


def _learn_detector(seen: Sequence[ScoredText]) -> MultiIntentDetector | None:
    """A detector learned from these texts; None where no joined text was ever read rightly."""
    right = [[frozenset(pair.labels) == each.wanted for pair in each.pairs] for each in seen]
    known = [each.kind != "two" or any(good) for each, good in zip(seen, right, strict=True)]
    rows = [(i, k) for i, each in enumerate(seen) if known[i] for k in range(len(each.pairs))]
    wanted = np.array([right[i][k] for i, k in rows])
    if not wanted.any() or wanted.all():
        return None
    signs = np.array([seen[i].pairs[k].signs for i, k in rows])
    text = np.array([i for i, _ in rows])
    held = _predict_held_out(seen, signs, wanted, text)
    alone = [[held[i] for i, each in enumerate(seen) if each.kind in of] for of in STRICT_KINDS]
    hopeful = [each.score for each, good in zip(seen, right, strict=True) if any(good)]
    return replace(
        _fit_regression(signs, wanted),
        threshold=max(find_threshold(np.array(some)) for some in alone),
        gate=float(np.quantile(hopeful, 1 - MIN_READ_SHARE)),
    )


def _predict_held_out(seen: Sequence[ScoredText], signs: Any, wanted: Any, text: Any) -> Any:
    """The highest probability of each text by detectors that were not given it."""
    highest = np.zeros(len(seen))
    for fold in range(5):
        out = text % 5 == fold
        detector = _fit_regression(signs[~out], wanted[~out])
        for i in range(fold, len(seen), 5):
            found = [detector.compute_probability(pair.signs) for pair in seen[i].pairs]
            highest[i] = max(found, default=0.0)
    return highest


def _fit_regression(signs: Any, wanted: Any) -> MultiIntentDetector:
    from sklearn.linear_model import LogisticRegression

    middle, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=1000, class_weight="balanced")
    model.fit((signs - middle) / spread, wanted)
    weights = model.coef_[0] / spread
    return MultiIntentDetector(
        tuple(weights.tolist()), float(model.intercept_[0] - middle @ weights), 1.0, -np.inf
    )


def find_threshold(alone: Any) -> float:
    """The threshold that hardly any text like these n about one thing reaches.

    At most ``MAX_FALSE_SHARE`` of such texts do: how many of the n may is the one-sided
    bound of Clopper and Pearson, at ``BOUND_CONFIDENCE``.
    """
    from scipy.stats import beta

    allowed = [
        k
        for k in range(len(alone))
        if beta.ppf(BOUND_CONFIDENCE, k + 1, len(alone) - k) <= MAX_FALSE_SHARE
    ]
    highest = np.sort(alone)[::-1]
    return float(np.nextafter(highest[max(allowed, default=0)], 2.0))


@dataclass(frozen=True)
class MultiIntentScore:
    """The score on ``texts`` made in one way.

    Shares of those taken for ``several``, and of those with both labels ``right``.
    """

    way: str
    texts: int
    several: float
    right: float
    alone: bool


def train_and_measure(
    rows: LabelledTexts, reader: TokenEncoder, *, count: int = 300, seed: int = 3
) -> list[MultiIntentScore]:
    """Train on four fifths of the rows, drawn at random, and measure on the last fifth.

    The measured texts are made as in ``measure_detector``.
    """
    vectors = reader.embed(rows.texts)
    lot = np.random.default_rng(seed).permutation(len(rows))
    last, rest = np.split(lot, [len(rows) // 5])
    texts, labels = [rows.texts[i] for i in rest], [rows.labels[i] for i in rest]
    strangers = load_background_texts(), reader.embed(load_background_texts())
    model = fit_model(texts, vectors[rest], labels, strangers=strangers)
    model = add_detector(model, texts, labels, reader, vectors[rest])
    left = [(rows.texts[i], rows.labels[i]) for i in last if rows.labels[i] in model.labels]
    return measure_detector(model, left, reader, count=count, seed=seed)


def measure_detector(
    model: IntentModel,
    left: Sequence[tuple[str, str]],
    reader: TokenEncoder,
    *,
    count: int = 300,
    seed: int = 3,
) -> list[MultiIntentScore]:
    """Measure a model on texts and labels it was not given.

    ``count`` pairs of them in each way, each in either order; then all texts alone, and
    ``count`` of them with a story.
    """
    random = np.random.default_rng(seed)
    texts, labels = [text for text, _ in left], [label for _, label in left]
    two = draw_pairs(labels, count, random)
    made = {
        way: [
            (
                join_texts(texts[a], texts[b], way, EVALUATION_PHRASES, random),
                {labels[a], labels[b]},
            )
            for i, j in two
            for a, b in ((i, j), (j, i))
        ]
        for way in EVALUATION_PHRASES.ways
    }
    some = random.permutation(len(texts))[:count]
    made["one matter"] = [(text, set[str]()) for text in texts]
    made["one with a story"] = [
        (wrap_in_story(texts[i], EVALUATION_PHRASES, random), set[str]()) for i in some
    ]
    return [_measure_way(way, those, model, reader) for way, those in made.items()]


def _measure_way(
    way: str, made: Sequence[tuple[str, set[str]]], model: IntentModel, reader: TokenEncoder
) -> MultiIntentScore:
    got = [{matter.label for matter in find_matters(text, model, reader)} for text, _ in made]
    right = [bool(one) and one == wanted for one, (_, wanted) in zip(got, made, strict=True)]
    several = float(np.mean([bool(one) for one in got]))
    return MultiIntentScore(
        way, len(made), several, float(np.mean(right)), not any(w for _, w in made)
    )
