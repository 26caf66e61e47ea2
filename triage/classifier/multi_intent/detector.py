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

from triage.classifier.calibration import log_shares
from triage.classifier.multi_intent.segmentation import (
    ASKS,
    Place,
    empty_of_matter,
    seam,
    sentences,
    unquoted,
)
from triage.contract.outcomes import Matter

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel, Judgement

FEWEST = 2  # tokens on each side of a cut
SENTENCES = 16  # that are held against each other
MATTERS = 4  # at most so many are told
FINEST = (1.5, -2.5, 1.5, 1.0)  # what the four signs of a seam count for a proposal


class Reader(Protocol):
    """The part of `triage.inference.encoder.Encoder` that is needed here."""

    def embed(self, texts: Sequence[str]) -> Any: ...
    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Any, list[Any]]: ...
    def places(self, text: str) -> list[Place]: ...


@dataclass(frozen=True)
class Detector:
    """``weights`` (22,) and ``bias`` over the signs; at ``threshold`` there are two matters.

    A text whose best proposal is below ``gate`` is not looked at any further.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    gate: float

    def probability(self, signs: Sequence[float]) -> float:
        return float(1 / (1 + np.exp(-(np.dot(self.weights, signs) + self.bias))))

    def numbers(self) -> Any:
        return np.array([*self.weights, self.bias, self.threshold, self.gate])

    @classmethod
    def of(cls, numbers: Any) -> Detector:
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
class Asked:
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


def matters(
    text: str, model: IntentModel, reader: Reader, known: tuple[Any, Any] | None = None
) -> tuple[Matter, ...]:
    """The different things a text asks for, the surest first; none where it is one or unclear.

    ``known`` are the text's vector (384,) and those of its tokens, (tokens, 384), where they
    were made already. Raises ValueError where the version has learned no detector.
    """
    if model.several is None:
        raise ValueError("This version has learned no detector of several matters.")
    plain = unquoted(text)
    found: dict[str, Matter] = {}
    _gather(plain, model, model.several, reader, found, known if plain == text else None)
    surest = sorted(found.values(), key=lambda matter: -matter.confidence)
    return tuple(surest[:MATTERS]) if len(surest) > 1 else ()


def _gather(
    text: str,
    model: IntentModel,
    detector: Detector,
    reader: Reader,
    found: dict[str, Matter],
    known: tuple[Any, Any] | None = None,
) -> None:
    """The matters of a text with two; each side of the cut may have two itself."""
    best = _best_pair(text, model, detector, reader, known)
    if best is None:
        return
    sides = best.proposal.left, best.proposal.right
    for label, sure, place in zip(best.labels, best.sure, sides, strict=True):
        name = model.labels[label]
        if name not in found or found[name].confidence < sure:
            found[name] = Matter(label=name, confidence=sure, words=text[slice(*place)])
    cut = best.proposal.right[0]
    for side in (text[:cut], text[cut:]) if len(found) < MATTERS else ():
        _gather(side, model, detector, reader, found)


def _best_pair(
    text: str, model: IntentModel, detector: Detector, reader: Reader, known: Any
) -> Pair | None:
    """The pair that is two matters most likely, where it is likely enough."""
    if known is None:
        vectors, tokens = reader.embed_with_tokens([text])
        known = vectors[0], tokens[0]
    proposals = [
        each for each in proposed(text, known[1], reader, model) if each.score >= detector.gate
    ]
    pairs = read([Asked(text, known[0], proposals)], model, reader)[0]
    best = max(pairs, key=lambda pair: detector.probability(pair.signs), default=None)
    enough = best is not None and detector.probability(best.signs) >= detector.threshold
    return best if enough else None


# --- proposals: no text is read again -------------------------------------------------


def proposed(text: str, tokens: Any, reader: Reader, model: IntentModel) -> list[Proposal]:
    """The best cut in two, and the best two sentences where there are more than one."""
    places = reader.places(text)[: len(tokens)]
    said = sentences(text)
    if len(places) < 2 * FEWEST or not said:
        return []
    runs = _Runs(text, tokens, places, model)
    halves = _best(runs, _cuts(text, places, (said[0][0], said[-1][1])), seams=True)
    pieces = [run for place in said[:SENTENCES] if (run := runs.at(place))]
    return [*halves, *_best(runs, list(combinations(pieces, 2)), seams=False)]


def _cuts(text: str, places: Sequence[Place], within: Place) -> list[tuple[Place, Place]]:
    """Runs of tokens before and after each space between the first and the last sentence."""
    inside = [i for i, (begin, end) in enumerate(places) if within[0] <= begin and end <= within[1]]
    if not inside:
        return []
    first, last = inside[0], inside[-1] + 1
    return [
        ((first, cut), (cut, last))
        for cut in range(first + FEWEST, last - FEWEST + 1)
        if text[places[cut][0] - 1].isspace()
    ]


@dataclass(frozen=True)
class _Runs:
    """Runs of neighbouring tokens of a text and the log-shares of their mean vectors."""

    text: str
    tokens: Any
    places: Sequence[Place]
    model: IntentModel

    def at(self, place: Place) -> Place | None:
        inside = [i for i, (b, e) in enumerate(self.places) if place[0] <= b < e and e <= place[1]]
        return (inside[0], inside[-1] + 1) if len(inside) >= FEWEST else None

    def of(self, run: Place) -> Place:
        return self.places[run[0]][0], self.places[run[1] - 1][1]

    def shares(self, runs: Sequence[Place]) -> Any:
        sums = np.vstack([np.zeros(self.tokens.shape[1]), np.cumsum(self.tokens, axis=0)])
        begin, end = np.array(runs).T
        means = sums[end] - sums[begin]
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        return log_shares(means @ self.model.weights + self.model.bias, self.model.temperatures[0])


def _best(runs: _Runs, pairs: list[tuple[Place, Place]], *, seams: bool) -> list[Proposal]:
    """The one with the most to gain by two labels over one; sides that ask nothing are out."""
    if not pairs:
        return []
    every = sorted({run for pair in pairs for run in pair})
    row = {run: i for i, run in enumerate(every)}
    shares = runs.shares(every)
    left = shares[[row[one] for one, _ in pairs]]
    right = shares[[row[other] for _, other in pairs]]
    gains = left.max(axis=1) + right.max(axis=1) - (left + right).max(axis=1)
    found = [
        _proposal(runs, pair, float(gain), seams) for pair, gain in zip(pairs, gains, strict=True)
    ]
    found.sort(key=lambda each: -each.score)
    fit = (
        each
        for each in found
        if not any(empty_of_matter(runs.text[slice(*side)]) for side in (each.left, each.right))
    )
    return [one for one in [next(fit, None)] if one]


def _proposal(runs: _Runs, pair: tuple[Place, Place], gain: float, seams: bool) -> Proposal:
    left, right = runs.of(pair[0]), runs.of(pair[1])
    if not seams:
        return Proposal(left, right, gain, gain, None)
    found = seam(runs.text[left[0] : right[0]], runs.text[slice(*right)])
    return Proposal(left, right, gain, gain + float(np.dot(FINEST, found)), found)


# --- proof: both sides as if they stood alone ------------------------------------------


def read(asked: Sequence[Asked], model: IntentModel, reader: Reader) -> list[list[Pair]]:
    """The proposals of each text with their signs; all sides are embedded in one batch."""
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
    judged = model.judge(texts, vectors)
    columns = model.weights / np.maximum(np.linalg.norm(model.weights, axis=0), 1e-9)
    row = {text: i for i, text in enumerate(texts)}
    return [
        [_pair(each.text, one, row, vectors, judged, columns) for one in each.proposals]
        for each in asked
    ]


def _pair(
    text: str,
    proposal: Proposal,
    row: dict[str, int],
    vectors: Any,
    judged: Judgement,
    columns: Any,
) -> Pair:
    words = text[slice(*proposal.left)], text[slice(*proposal.right)]
    whole, left, right = row[text], row[words[0]], row[words[1]]
    one, other = _two_labels(judged.shares[left], judged.shares[right])
    signs = (
        *_by_shares(judged.shares[[whole, left, right]], one, other),
        *_by_vectors(vectors[[whole, left, right]], judged.outside[[left, right]]),
        float(columns[:, one] @ columns[:, other]),
        *_by_words(text, words, proposal),
    )
    sure = float(judged.shares[left, one]), float(judged.shares[right, other])
    return Pair(proposal, (one, other), sure, signs)


def _two_labels(left: Any, right: Any) -> tuple[int, int]:
    """The likeliest label of each side; where it is the same, one takes its second."""
    one, other = int(left.argmax()), int(right.argmax())
    if one != other:
        return one, other
    second, rest = np.argsort(-left)[1], np.argsort(-right)[1]
    if left[one] * right[rest] >= left[second] * right[other]:
        return one, int(rest)
    return int(second), other


def _by_shares(shares: Any, one: int, other: int) -> Iterator[float]:
    """What two labels explain better than one, and what the whole text says of them."""
    whole, left, right = shares
    logs = np.log(shares + 1e-6)
    joint = float((logs[1] + logs[2]).max())
    odds = sorted((_odds(left[one]), _odds(right[other])))
    yield float(np.clip(logs[1][one] + logs[2][other] - joint, -8, 12))
    yield from odds
    yield float(np.log(min(left[one], right[other]) + 1e-3))
    yield from sorted((float(logs[0][one]), float(logs[0][other])))
    yield float(np.log(whole[one] + whole[other] + 1e-3))
    yield float(np.log(left[other] + 1e-3) + np.log(right[one] + 1e-3))


def _by_vectors(vectors: Any, outside: Any) -> Iterator[float]:
    whole, left, right = vectors
    yield float(left @ right)
    yield float(whole @ left + whole @ right)
    yield from sorted(_odds(share) for share in outside)


def _by_words(text: str, words: tuple[str, str], proposal: Proposal) -> Iterator[float]:
    begins, _, marked, joined = proposal.seam or (False, False, False, False)
    yield min(proposal.gain, 15.0)
    yield float(proposal.seam is None)
    yield from (float(begins), float(marked), float(joined))
    yield float(all(ASKS.search(each) for each in words))
    yield float(np.log(min(len(each.split()) for each in words)))
    yield float(np.log(len(text.split())))
    yield float(np.log(1 + len(sentences(text))))


def _odds(share: Any) -> float:
    share = min(max(float(share), 1e-3), 1 - 1e-3)
    return float(np.log(share / (1 - share)))
