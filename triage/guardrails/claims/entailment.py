"""Does a sentence follow from a source text? Signs of doubt, and a score from them.

Pure. What gives an unsupported sentence away is seldom distance and mostly a single word:
a number or name the source does not have, a negation, the opposite of a word, an absolute
where the source has none. These are the edits that SummEdits (Laban et al. 2023, arXiv
2305.14540) is made of, and what a writer gets wrong when it says a clause in other words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from triage.nlu.content_words import (
    ABSOLUTE_WORDS,
    NEGATION,
    WORD,
    find_names,
    find_opposites,
    iter_numbers,
    iter_stems,
    split_words,
    stem_word,
)
from triage.nlu.sentences import TOKENIZED, split_sentences

Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""(sentence, n sentences) -> n cosines between -1 and 1."""

WEIGHTS: Final[Mapping[str, float]] = {
    "number": 1.43,
    "name": 3.08,
    "negation": 0.76,
    "opposite": 0.65,
    "absolute": 1.21,
    "uncovered": 0.0,
    "far": 0.0,
}
BIAS: Final = -0.33
"""Logistic regression on all domains of SummEdits, never below zero: ``python -m
tests.benchmarks claims FOLDER``. With the weights of the other domains only, 66.2 % of a domain is
told right (balanced, mean of eight). Few shared words, and the encoder's distance, count
for nothing in any of the eight: a supported summary is reworded as freely."""
THRESHOLD: Final = 0.5

REASONS: Final[Mapping[str, str]] = {
    "number": "states a number that the source does not have",
    "name": "names what the source does not name",
    "negation": "denies what the source does not deny",
    "opposite": "says the opposite of a word of the source",
    "absolute": "says “only”, “always” or “never” where the source does not",
    "uncovered": "little of it is in the source",
    "far": "no sentence of the source is like it",
}
MAX_NEAREST_SENTENCES: Final = 3


def score_support(
    summary_sentence: str, source: str, similarity: Similarity | None = None
) -> tuple[float, str]:
    """How likely it is that the source says so, between 0 and 1, and the weightiest doubt.

    Several sentences are as doubtful as the most doubtful of them. The reason is empty
    from THRESHOLD on.
    """
    found = compute_doubts(summary_sentence, source, similarity)
    score = 1 / (1 + math.exp(BIAS + sum(WEIGHTS[name] * found[name] for name in WEIGHTS)))
    if score >= THRESHOLD:
        return score, ""
    return score, REASONS[max(WEIGHTS, key=lambda name: WEIGHTS[name] * found[name])]


def compute_doubts(
    text: str, source: str, similarity: Similarity | None = None
) -> dict[str, float]:
    """Each sign of doubt between 0 (none) and 1, the greatest of all sentences of the text."""
    known = Source(source)
    each = [
        known.compute_doubts(sentence, similarity) for sentence in _split_worded_sentences(text)
    ]
    return {name: max((one[name] for one in each), default=0.0) for name in REASONS}


class Source:
    """A text that is claimed to say something, with its words looked up once."""

    def __init__(self, text: str) -> None:
        self.lower = text.lower()
        self.sentences = _split_worded_sentences(text)
        self.lower_words = frozenset(split_words(text))
        self.stems = frozenset(map(stem_word, split_words(text)))
        self.by_sentence = [frozenset(iter_stems(sentence)) for sentence in self.sentences]
        self.numbers = frozenset(iter_numbers(text))

    def compute_doubts(
        self, sentence: str, similarity: Similarity | None = None
    ) -> dict[str, float]:
        new = {stem_word(word) for word in split_words(sentence)} - self.stems
        alike = similarity(sentence, self.sentences) if similarity and self.sentences else []
        near = self.find_nearest_sentences(sentence)
        denies = bool(NEGATION.search(sentence)) and not any(map(NEGATION.search, near))
        return {
            "number": float(bool(set(iter_numbers(sentence)) - self.numbers)),
            "name": float(any(name.lower() not in self.lower for name in find_names(sentence))),
            "negation": float(denies),
            "opposite": float(
                bool(set().union(*map(find_opposites, new)) & set(_iter_stems(near)))
            ),
            "absolute": float(
                bool(ABSOLUTE_WORDS & set(split_words(sentence)) - set(split_words(self.lower)))
            ),
            "uncovered": 1 - max(self.compute_coverage(sentence), default=0.0),
            "far": 1 - max(alike) if alike else 0.0,
        }

    def compute_coverage(self, sentence: str) -> list[float]:
        """For each sentence of the source, the share of this one's content that it has, 0 to 1."""
        content = frozenset(iter_stems(sentence))
        return [len(content & has) / max(1, len(content)) for has in self.by_sentence]

    def find_nearest_sentences(self, sentence: str) -> list[str]:
        """The sentences of the source that share most of its content."""
        nearness = self.compute_coverage(sentence)
        ranked = sorted(range(len(nearness)), key=lambda i: -nearness[i])
        return [self.sentences[i] for i in ranked[:MAX_NEAREST_SENTENCES]]


def _iter_stems(sentences: Iterable[str]) -> Iterator[str]:
    return (stem_word(word) for sentence in sentences for word in split_words(sentence))


def _split_worded_sentences(text: str) -> list[str]:
    return [part for part in split_sentences(text, TOKENIZED) if WORD.search(part)]
