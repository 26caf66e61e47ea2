"""Several matters in one text: a proposal that costs nothing, proved by reading both sides.

The vectors of the text's tokens, which were made with the vector of the text, give a vector of
each run of words as their mean (late chunking, Günther et al. 2024, arXiv 2409.04701). The intent
model's logistic regression says at which cut the two sides speak of different labels. Only
where that is not hopeless are both sides of the best cut, and the best two sentences, embedded
by themselves and judged by the whole model. A logistic regression that was learned with the
version, on the shop's own examples joined two by two, decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from triage.classifier.calibration import compute_log_shares
from triage.classifier.multi_intent.segmentation import (
    REQUEST_CUE,
    Place,
    describe_cut,
    find_sentences,
    is_empty_of_matter,
    strip_quotes,
)
from triage.contract.outcomes import Matter
from triage.signals.encoded_text import EncodedText, TokenEncoder

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel, Judgement

MIN_CUT_TOKENS = 2  # tokens on each side of a cut
POOLED_SHARE = 0.05
"""Of the threshold: where the tokens' means make two matters less likely, nothing is embedded. Of
1,100 texts with 111 of two matters none was lost so, and 3 in 10 of those of one were settled."""
MAX_SENTENCES = 16  # that are held against each other
MAX_MATTERS = 4  # at most so many are told
SEAM_WEIGHTS = (1.5, -2.5, 1.5, 1.0)  # what the four signs of a seam count for a proposal


class SideEncoder(Protocol):
    """What gives vectors to the sides of a cut."""

    def embed(self, texts: Sequence[str]) -> Any: ...


@dataclass(frozen=True)
class MultiIntentDetector:
    """``weights`` (22,) and ``bias`` over the signs; at ``threshold`` there are two matters.

    A text whose best proposal is below ``gate`` is not looked at any further.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    gate: float

    def compute_probability(self, signs: Sequence[float]) -> float:
        return float(1 / (1 + np.exp(-(np.dot(self.weights, signs) + self.bias))))

    def dump_numbers(self) -> Any:
        return np.array([*self.weights, self.bias, self.threshold, self.gate])

    @classmethod
    def load_numbers(cls, numbers: Any) -> MultiIntentDetector:
        *weights, bias, threshold, gate = numbers.tolist()
        return cls(tuple(weights), bias, threshold, gate)


@dataclass(frozen=True)
class Proposal:
    """Two runs of words, as characters of the text, that may ask for different things."""

    left: Place
    right: Place
    gain: float
    score: float
    seam: tuple[bool, bool, bool, bool] | None
    """None for two sentences, which need not be neighbours."""


@dataclass(frozen=True)
class TextProposals:
    """A text, its vector (384,), and what is to be read of it."""

    text: str
    vector: Any
    proposals: Sequence[Proposal]


@dataclass(frozen=True)
class Pair:
    """A proposal that was read: the label of each side, how sure, and the signs of it."""

    proposal: Proposal
    labels: tuple[int, int]
    sure: tuple[float, float]
    signs: tuple[float, ...]


TextVectors = tuple[Any, Any]
"""The vector of a text (384,), and those of its tokens (tokens, 384)."""


def find_matters(
    text: str, model: IntentModel, reader: TokenEncoder, known: TextVectors | None = None
) -> tuple[Matter, ...]:
    """The different things a text asks for, the surest first; none where it is one or unclear.

    ``known`` are the text's vectors where they were made already. Raises ValueError where the
    version has learned no detector.
    """
    return find_matters_of_each([text], model, reader, known and [known])[0]


def find_matters_of_each(
    texts: Sequence[str],
    model: IntentModel,
    reader: TokenEncoder,
    known: Sequence[TextVectors] | None = None,
) -> list[tuple[Matter, ...]]:
    """What ``find_matters`` finds in each text; what is read of all is embedded in one batch."""
    if model.several is None:
        raise ValueError("This version has learned no detector of several matters.")
    plain = [strip_quotes(text) for text in texts]
    vectors = _embed_plain_texts(texts, plain, reader, known)
    best = _find_best_pairs(plain, vectors, model, model.several, reader)
    return [
        _list_matters(text, pair, model, model.several, reader)
        for text, pair in zip(plain, best, strict=True)
    ]


def _embed_plain_texts(
    texts: Sequence[str],
    plain: Sequence[str],
    reader: TokenEncoder,
    known: Sequence[TextVectors] | None,
) -> list[TextVectors]:
    """The vectors of the texts without quotations: the ``known`` ones where there were none."""
    found = dict(enumerate(known or ()))
    new = [i for i, text in enumerate(texts) if i not in found or plain[i] != text]
    if new:
        vectors, tokens = reader.embed_with_tokens([plain[i] for i in new])
        found.update(zip(new, zip(vectors, tokens, strict=True), strict=True))
    return [found[i] for i in range(len(texts))]


def _list_matters(
    text: str,
    best: Pair | None,
    model: IntentModel,
    detector: MultiIntentDetector,
    reader: TokenEncoder,
) -> tuple[Matter, ...]:
    found: dict[str, Matter] = {}
    _gather_matters(text, best, model, detector, reader, found)
    surest = sorted(found.values(), key=lambda matter: -matter.confidence)
    return tuple(surest[:MAX_MATTERS]) if len(surest) > 1 else ()


def _gather_matters(
    text: str,
    best: Pair | None,
    model: IntentModel,
    detector: MultiIntentDetector,
    reader: TokenEncoder,
    found: dict[str, Matter],
) -> None:
    """Add the matters of a text with this ``best`` pair to ``found``; each side of its cut may
    have two itself.
    """
    if best is None:
        return
    sides = best.proposal.left, best.proposal.right
    for label, sure, place in zip(best.labels, best.sure, sides, strict=True):
        name = model.labels[label]
        if name not in found or found[name].confidence < sure:
            found[name] = Matter(label=name, confidence=sure, words=text[slice(*place)])
    cut = best.proposal.right[0]
    for side in (text[:cut], text[cut:]) if len(found) < MAX_MATTERS else ():
        vectors = _embed_plain_texts([side], [side], reader, None)
        (inner,) = _find_best_pairs([side], vectors, model, detector, reader)
        _gather_matters(side, inner, model, detector, reader, found)


def _find_best_pairs(
    texts: Sequence[str],
    vectors: Sequence[TextVectors],
    model: IntentModel,
    detector: MultiIntentDetector,
    reader: TokenEncoder,
) -> list[Pair | None]:
    """The pair of each text that is most likely two matters; None where none is likely enough."""
    asked = []
    for text, (vector, tokens) in zip(texts, vectors, strict=True):
        proposed = propose_splits(text, tokens, reader, model)
        hopeful = [each for each in proposed if each.score >= detector.gate]
        said = TextProposals(text, vector, hopeful)
        surely_one = hopeful and _is_surely_one(said, tokens, model, detector, reader)
        asked.append(TextProposals(text, vector, []) if surely_one else said)
    return [_choose_pair(pairs, detector) for pairs in read_proposals(asked, model, reader)]


def _is_surely_one(
    said: TextProposals,
    tokens: Any,
    model: IntentModel,
    detector: MultiIntentDetector,
    reader: TokenEncoder,
) -> bool:
    """Whether by the means of its tokens no proposal of a text comes near to being two matters."""
    pooled = _PooledSides(EncodedText(said.text, said.vector, tokens, reader))
    (pairs,) = read_proposals([said], model, pooled)
    enough = POOLED_SHARE * detector.threshold
    return all(detector.compute_probability(pair.signs) < enough for pair in pairs)


@dataclass(frozen=True)
class _PooledSides:
    """Stands for the encoder: a part of the text has the mean of its tokens as its vector."""

    said: EncodedText

    def embed(self, texts: Sequence[str]) -> Any:
        starts = [self.said.text.index(part) for part in texts]
        ends = [start + len(part) for start, part in zip(starts, texts, strict=True)]
        return self.said.pool_spans(list(zip(starts, ends, strict=True)))


def _choose_pair(pairs: Sequence[Pair], detector: MultiIntentDetector) -> Pair | None:
    best = max(pairs, key=lambda pair: detector.compute_probability(pair.signs), default=None)
    enough = best is not None and detector.compute_probability(best.signs) >= detector.threshold
    return best if enough else None


def propose_splits(
    text: str, tokens: Any, reader: TokenEncoder, model: IntentModel
) -> list[Proposal]:
    """Up to two proposals: the best cut in two, and the best two of its sentences."""
    places = reader.locate_tokens(text)[: len(tokens)]
    said = find_sentences(text)
    if len(places) < 2 * MIN_CUT_TOKENS or not said:
        return []
    runs = _Runs(text, tokens, places, model)
    halves = _find_best_proposal(
        runs, _list_cuts(text, places, (said[0][0], said[-1][1])), seams=True
    )
    pieces = [run for place in said[:MAX_SENTENCES] if (run := runs.find_run(place))]
    return [*halves, *_find_best_proposal(runs, list(combinations(pieces, 2)), seams=False)]


def _list_cuts(text: str, places: Sequence[Place], within: Place) -> list[tuple[Place, Place]]:
    """Pairs of runs before and after each space between the first and the last sentence."""
    inside = [i for i, (begin, end) in enumerate(places) if within[0] <= begin and end <= within[1]]
    if not inside:
        return []
    first, last = inside[0], inside[-1] + 1
    return [
        ((first, cut), (cut, last))
        for cut in range(first + MIN_CUT_TOKENS, last - MIN_CUT_TOKENS + 1)
        if text[places[cut][0] - 1].isspace()
    ]


@dataclass(frozen=True)
class _Runs:
    """Runs of neighbouring tokens of a text and the log-shares of their mean vectors."""

    text: str
    tokens: Any
    places: Sequence[Place]
    model: IntentModel

    def find_run(self, place: Place) -> Place | None:
        inside = [i for i, (b, e) in enumerate(self.places) if place[0] <= b < e and e <= place[1]]
        return (inside[0], inside[-1] + 1) if len(inside) >= MIN_CUT_TOKENS else None

    def get_place(self, run: Place) -> Place:
        return self.places[run[0]][0], self.places[run[1] - 1][1]

    def score_runs(self, runs: Sequence[Place]) -> Any:
        sums = np.vstack([np.zeros(self.tokens.shape[1]), np.cumsum(self.tokens, axis=0)])
        begin, end = np.array(runs).T
        means = sums[end] - sums[begin]
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        return compute_log_shares(
            means @ self.model.weights + self.model.bias, self.model.temperatures[0]
        )


def _find_best_proposal(
    runs: _Runs, pairs: list[tuple[Place, Place]], *, seams: bool
) -> list[Proposal]:
    """The proposal that gains most by two labels over one, alone in its list; else none.

    Proposals with a side that asks for nothing are left out.
    """
    if not pairs:
        return []
    every = sorted({run for pair in pairs for run in pair})
    row = {run: i for i, run in enumerate(every)}
    shares = runs.score_runs(every)
    left = shares[[row[one] for one, _ in pairs]]
    right = shares[[row[other] for _, other in pairs]]
    gains = left.max(axis=1) + right.max(axis=1) - (left + right).max(axis=1)
    found = [
        _build_proposal(runs, pair, float(gain), seams)
        for pair, gain in zip(pairs, gains, strict=True)
    ]
    found.sort(key=lambda each: -each.score)
    fit = (
        each
        for each in found
        if not any(is_empty_of_matter(runs.text[slice(*side)]) for side in (each.left, each.right))
    )
    return [one for one in [next(fit, None)] if one]


def _build_proposal(runs: _Runs, pair: tuple[Place, Place], gain: float, seams: bool) -> Proposal:
    left, right = runs.get_place(pair[0]), runs.get_place(pair[1])
    if not seams:
        return Proposal(left, right, gain, gain, None)
    found = describe_cut(runs.text[left[0] : right[0]], runs.text[slice(*right)])
    return Proposal(left, right, gain, gain + float(np.dot(SEAM_WEIGHTS, found)), found)


def read_proposals(
    asked: Sequence[TextProposals], model: IntentModel, reader: SideEncoder
) -> list[list[Pair]]:
    """The proposals of each text as pairs with signs; all sides are embedded in one batch."""
    sides = dict.fromkeys(
        each.text[slice(*place)]
        for each in asked
        for one in each.proposals
        for place in (one.left, one.right)
    )
    if not sides:
        return [[] for _ in asked]
    whole = {each.text: each.vector for each in asked if each.proposals}
    texts = [*whole, *(side for side in sides if side not in whole)]
    vectors = np.concatenate([list(whole.values()), reader.embed(texts[len(whole) :])])
    judged = model.judge_texts(texts, vectors)
    columns = model.weights / np.maximum(np.linalg.norm(model.weights, axis=0), 1e-9)
    row = {text: i for i, text in enumerate(texts)}
    return [
        [_build_pair(each.text, one, row, vectors, judged, columns) for one in each.proposals]
        for each in asked
    ]


def _build_pair(
    text: str,
    proposal: Proposal,
    row: dict[str, int],
    vectors: Any,
    judged: Judgement,
    columns: Any,
) -> Pair:
    words = text[slice(*proposal.left)], text[slice(*proposal.right)]
    whole, left, right = row[text], row[words[0]], row[words[1]]
    one, other = _choose_two_labels(judged.shares[left], judged.shares[right])
    signs = (
        *_iter_share_signs(judged.shares[[whole, left, right]], one, other),
        *_iter_vector_signs(vectors[[whole, left, right]], judged.outside[[left, right]]),
        float(columns[:, one] @ columns[:, other]),
        *_iter_word_signs(text, words, proposal),
    )
    sure = float(judged.shares[left, one]), float(judged.shares[right, other])
    return Pair(proposal, (one, other), sure, signs)


def _choose_two_labels(left: Any, right: Any) -> tuple[int, int]:
    """The likeliest label of each side; where it is the same, one takes its second."""
    one, other = int(left.argmax()), int(right.argmax())
    if one != other:
        return one, other
    second, rest = np.argsort(-left)[1], np.argsort(-right)[1]
    if left[one] * right[rest] >= left[second] * right[other]:
        return one, int(rest)
    return int(second), other


def _iter_share_signs(shares: Any, one: int, other: int) -> Iterator[float]:
    """What two labels explain better than one, and what the whole text says of them."""
    whole, left, right = shares
    logs = np.log(shares + 1e-6)
    joint = float((logs[1] + logs[2]).max())
    odds = sorted((_compute_log_odds(left[one]), _compute_log_odds(right[other])))
    yield float(np.clip(logs[1][one] + logs[2][other] - joint, -8, 12))
    yield from odds
    yield float(np.log(min(left[one], right[other]) + 1e-3))
    yield from sorted((float(logs[0][one]), float(logs[0][other])))
    yield float(np.log(whole[one] + whole[other] + 1e-3))
    yield float(np.log(left[other] + 1e-3) + np.log(right[one] + 1e-3))


def _iter_vector_signs(vectors: Any, outside: Any) -> Iterator[float]:
    whole, left, right = vectors
    yield float(left @ right)
    yield float(whole @ left + whole @ right)
    yield from sorted(_compute_log_odds(share) for share in outside)


def _iter_word_signs(text: str, words: tuple[str, str], proposal: Proposal) -> Iterator[float]:
    begins, _, marked, joined = proposal.seam or (False, False, False, False)
    yield min(proposal.gain, 15.0)
    yield float(proposal.seam is None)
    yield from (float(begins), float(marked), float(joined))
    yield float(all(REQUEST_CUE.search(each) for each in words))
    yield float(np.log(min(len(each.split()) for each in words)))
    yield float(np.log(len(text.split())))
    yield float(np.log(1 + len(find_sentences(text))))


def _compute_log_odds(share: Any) -> float:
    share = min(max(float(share), 1e-3), 1 - 1e-3)
    return float(np.log(share / (1 - share)))
