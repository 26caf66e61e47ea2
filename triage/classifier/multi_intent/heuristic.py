"""Does one message ask for several different things? For versions that never learned to tell.

A version with enough examples has a detector of its own (``detector``); this serves the others.
The text is cut into sentences, clauses and paragraphs, each is judged as if it stood alone,
and a logistic regression over how sure the parts are of different labels decides whether a
second one is meant. Its weights were fitted on joined and single texts of this project's own
examples; they stand on calibrated shares only, so that they serve any intent model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.classifier.multi_intent.segmentation import is_courtesy, strip_quotes
from triage.contract.outcomes import Matter
from triage.nlu.lexicon import load_lexicon, match_any
from triage.nlu.sentences import INFORMAL_JOINED, split_sentences

if TYPE_CHECKING:
    from triage.classifier.intent_model import Judgement

    Judge = Callable[[Sequence[str]], Judgement]

SIGN_WEIGHTS = (0.120, -0.540, 0.097, 0.521, 0.434, 0.261, 0.109, 0.635)
SIGN_BIAS = -3.815
THRESHOLD = 0.65  # where one message in twenty that asks for one thing is taken for several
MAX_PIECES = 16  # pieces of a text that are looked at
MAX_CUTS = 7  # places at which a text is cut in two
MAX_MATTERS = 4  # at most so many are told
MIN_PIECE_WORDS = 3  # words a piece has to have

WORDS = load_lexicon(Path(__file__).with_name("request_words.toml"))
CLAUSE_JOINT = re.compile(
    rf",?\s+{match_any(WORDS['joints'])}\s+(?:also\s+|then\s+|another thing,?\s+)?"
    rf"(?={match_any(WORDS['clause_starts'])}\b)",
    re.IGNORECASE,
)
REQUEST_CUE = re.compile(rf"\?|\b{match_any(WORDS['cues'], any_apostrophe=False)}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A run of neighbouring pieces of a text: ``first`` to ``last``, both included."""

    words: str
    first: int
    last: int


def find_matters(text: str, labels: Sequence[str], judge: Judge) -> tuple[Matter, ...]:
    """The different things a text asks for, the surest first; none where it is one or unclear.

    ``judge`` gives the shares, of shape (n, len(labels)), of n texts. It is asked only where the
    text has more than one part.
    """
    parts = split_parts(text)
    if len(parts) < 2:
        return ()
    halves = split_halves(parts)
    both = [half.words for pair in halves for half in pair]
    judged = judge([text, *(part.words for part in parts), *both])
    found = list(_iter_candidates(parts, halves, judged))
    meant = [
        found[0],
        *(each for each in found[1:] if compute_probability(each.signs) >= THRESHOLD),
    ]
    if len(meant) < 2:
        return ()
    return tuple(
        Matter(label=labels[each.label], confidence=each.sure, words=each.part.words)
        for each in meant[:MAX_MATTERS]
    )


def split_parts(text: str) -> list[Part]:
    """The pieces of a text, in order."""
    pieces = [piece for line in strip_quotes(text).splitlines() for piece in _iter_pieces(line)][
        :MAX_PIECES
    ]
    return [Part(piece, place, place) for place, piece in enumerate(pieces)]


def split_halves(parts: Sequence[Part]) -> list[tuple[Part, Part]]:
    """Pairs of halves: the text cut in two, at up to ``MAX_CUTS`` places spread over it."""
    cuts = sorted({round(cut) for cut in np.linspace(1, len(parts) - 1, MAX_CUTS)})
    last = len(parts) - 1
    return [
        (
            Part(" ".join(part.words for part in parts[:cut]), 0, cut - 1),
            Part(" ".join(part.words for part in parts[cut:]), cut, last),
        )
        for cut in cuts
    ]


def _iter_pieces(paragraph: str) -> Iterator[str]:
    for sentence in split_sentences(paragraph, INFORMAL_JOINED):
        for piece in _iter_clauses(sentence):
            if len(piece.split()) >= MIN_PIECE_WORDS and not is_courtesy(piece):
                yield piece


def _iter_clauses(sentence: str) -> Iterator[str]:
    """The clauses joined by "and" or the like, where what is on both sides could stand alone."""
    begun = 0
    for joint in CLAUSE_JOINT.finditer(sentence):
        before, after = sentence[begun : joint.start()], sentence[joint.end() :]
        if len(before.split()) > MIN_PIECE_WORDS and len(after.split()) > MIN_PIECE_WORDS:
            yield before.strip(" ,")
            begun = joint.end()
    yield sentence[begun:].strip(" ,")


@dataclass(frozen=True)
class MatterCandidate:
    """A label, the part that is surest of it, and the signs that it is a matter of its own."""

    label: int
    sure: float
    part: Part
    signs: tuple[float, ...]


def _iter_candidates(
    parts: Sequence[Part], halves: Sequence[tuple[Part, Part]], judged: Judgement
) -> Iterator[MatterCandidate]:
    """The surest label of all parts and halves, then each other that another part is surest of."""
    runs = [*parts, *(half for pair in halves for half in pair)]
    whole, shares, outside = judged.shares[0], judged.shares[1:], judged.outside[1:]
    best: dict[int, int] = {}
    for place in np.argsort(-shares.max(axis=1), kind="stable"):
        best.setdefault(int(shares[place].argmax()), int(place))
    (main, where), *others = best.items()
    yield MatterCandidate(main, float(shares[where, main]), runs[where], ())
    cuts = shares[len(parts) :].reshape(-1, 2, len(whole))
    for label, place in others:
        alone = shares[: len(parts), [main, label]]
        signs = _compute_signs(whole, alone, cuts, main, label)
        asks = float(bool(REQUEST_CUE.search(runs[place].words)))
        signs = (*signs, _compute_log_odds(outside[place]), asks)
        yield MatterCandidate(label, float(shares[place, label]), runs[place], signs)


def _compute_signs(whole: Any, alone: Any, cuts: Any, main: int, other: int) -> tuple[float, ...]:
    """The signs of a second matter: pieces apart, the best cut in two, and the whole."""
    here, there = int(alone[:, 0].argmax()), int(alone[:, 1].argmax())
    first = np.minimum(cuts[:, 0, main], cuts[:, 1, other]).max()
    second = np.minimum(cuts[:, 0, other], cuts[:, 1, main]).max()
    return (
        _compute_log_odds(alone[there, 1]),
        float(np.log(alone[there, 0] + 1e-3)),
        _compute_log_odds(alone[here, 0]),
        _compute_log_odds(max(first, second)),
        float(np.log(whole[other] + 1e-3)),
        float(np.log(whole[main] + 1e-3)),
    )


def _compute_log_odds(share: Any) -> float:
    share = min(max(float(share), 1e-3), 1 - 1e-3)
    return float(np.log(share / (1 - share)))


def compute_probability(signs: Sequence[float]) -> float:
    """The probability that the second label is a matter of its own."""
    return float(1 / (1 + np.exp(-(np.dot(SIGN_WEIGHTS, signs) + SIGN_BIAS))))
