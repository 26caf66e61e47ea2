"""A long message asks for several things: each of its sentences is a query of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage.nlu.sentences import Span, iter_sentence_spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

MAX_SHORT_WORDS = 60  # words, from which late interaction does more harm than good
MIN_SENTENCE_WORDS = 4  # words a sentence has to have, to be looked for alone
MAX_WINDOWS = 12  # sentences looked for, the first ones
BEST_SENTENCES = 3  # of the sentences a clause is compared with count


def is_long(text: str) -> bool:
    return len(text.split()) > MAX_SHORT_WORDS


def list_windows(text: str) -> list[Span]:
    """Where the sentences are that are looked for alone; none in a short text."""
    if not is_long(text):
        return []
    spans = iter_sentence_spans(text)
    return [span for span in spans if _count_words(text, span) >= MIN_SENTENCE_WORDS][:MAX_WINDOWS]


def _count_words(text: str, span: Span) -> int:
    return len(text[span.start : span.end].split())


def score_windows(cosines: Scores) -> Scores:
    """How far each clause stands out by its best sentences, (n,), from (sentences, n)."""
    spread = cosines.std(axis=1, keepdims=True)
    z = (cosines - cosines.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-9)
    best: Scores = np.sort(z, axis=0)[-BEST_SENTENCES:].mean(axis=0)
    return best
