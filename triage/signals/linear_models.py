"""Urgency, mood and unwanted mail, read off one text: each with a confidence and its reasons.

Three multinomial logistic regressions over [embedding, TF-IDF of words], each calibrated by a
temperature (Guo et al. 2017, arXiv 1706.04599). A level stands only if it would stand without
any single word of the text: so no one word can raise a ticket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.contract.outcomes import WANTED, Reading, Signals
from triage.nlu.urgency_rules import UNREAD
from triage.signals.text_features import SHOUTED, WORD, Words, spoken

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

URGENCY = ("low", "normal", "high", "urgent")
MOOD = ("calm", "upset", "threatening")
MAIL = (WANTED, "spam", "automatic")
HALF = 0.5  # of the probability has to be at a level or above for it to be read
DOUBTED = 24  # how many words are each left out once, the strongest first
TELLING = 5  # known words: with fewer a text is never called unwanted by its words
SHOWN = 3
QUOTED = 120  # characters of a sentence
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
PLAIN = frozenset(
    [
        "a",
        "about",
        "after",
        "again",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "i'd",
        "i'll",
        "i'm",
        "i've",
        "if",
        "in",
        "into",
        "is",
        "it",
        "it's",
        "its",
        "just",
        "like",
        "me",
        "my",
        "no",
        "not",
        "now",
        "of",
        "on",
        "one",
        "or",
        "our",
        "out",
        "please",
        "she",
        "should",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "too",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "you're",
        "you've",
    ]
)
"""Words that say nothing to a reader by themselves, and are not shown as a reason."""


@dataclass(frozen=True)
class Head:
    """One regression: ``weights`` (labels, 384 + words), ``bias`` (labels,).

    ``threshold`` is where the probability of not being the first label counts.
    """

    labels: tuple[str, ...]
    words: Words
    weights: Vectors
    bias: Vectors
    temperature: float = 1.0
    threshold: float = HALF

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Logits of shape (texts, labels), divided by the temperature."""
        dense, sparse = np.split(self.weights, [vectors.shape[1]], axis=1)
        said = self.words.matrix(texts) @ sparse.T
        found: Vectors = (vectors @ dense.T + said + self.bias) / np.float32(self.temperature)
        return found

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Probabilities of shape (texts, labels)."""
        scores = self.scores(texts, vectors)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: Vectors = odds / odds.sum(axis=1, keepdims=True)
        return found

    def moved(self, text: str, label: int, *, over: int) -> dict[str, float]:
        """How much each word moves the log-odds of a label over another; the strongest first."""
        direction = (self.weights[label] - self.weights[over])[-len(self.words.terms) :]
        found: dict[str, float] = {}
        for place, weight in self.words.row(text).items():
            for word in self.words.terms[place].split() if _spoken(self, place) else ():
                found[word] = found.get(word, 0.0) + weight * float(direction[place])
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def _spoken(head: Head, place: int) -> bool:
    return head.words.terms[place] != SHOUTED


@dataclass(frozen=True)
class SignalModel:
    """The three heads. Reads a text and its vector; ``embed`` is asked again only where one raises."""

    urgency: Head
    mood: Head
    mail: Head

    def read(self, text: str, vector: Vectors, embed: Embed) -> Signals:
        """``vector`` is the text's embedding of shape (384,); ``embed`` makes more of them."""
        return Signals(
            urgency=_raised(self.urgency, text, vector, embed, calm=URGENCY.index("normal")),
            mood=_raised(self.mood, text, vector, embed, calm=0),
            spam=_mail(self.mail, text, vector),
        )

    def dumps(self) -> bytes:
        """The model as safetensors: the same model is the same bytes."""
        from safetensors.numpy import save

        tensors: dict[str, Vectors] = {}
        for name in ("urgency", "mood", "mail"):
            tensors |= {f"{name}.{key}": value for key, value in _tensors(getattr(self, name))}
        return save(tensors)

    @classmethod
    def loads(cls, data: bytes) -> SignalModel:
        from safetensors.numpy import load

        tensors = load(data)
        return cls(*(_head(name, tensors) for name in ("urgency", "mood", "mail")))


# --- a level and its reasons --------------------------------------------------------


def _raised(head: Head, text: str, vector: Vectors, embed: Embed, *, calm: int) -> Reading:
    """The highest level that half of the probability is at or above, and that no word alone makes."""
    shares = head.shares([text], vector[None])[0]
    level = level_of(shares)
    if level <= calm:
        return Reading(level=head.labels[level], confidence=_below(shares, level, calm))
    moved = head.moved(text, level, over=calm)
    without = [left_out(text, word) for word in _doubted(text, moved)]
    parts = [part.strip() for part in SENTENCE.split(text) if len(part.split()) > 2]
    vectors = embed([*without, *parts])
    doubts = head.shares(without, vectors[: len(without)]) if without else shares[None]
    weakest = min(doubts, key=level_of)
    if level_of(weakest) < level:  # one word made it: what is left without it stands
        level, shares = max(calm, level_of(weakest)), weakest
    if level <= calm:
        return Reading(level=head.labels[level], confidence=float(shares[: calm + 1].sum()))
    return Reading(
        level=head.labels[level],
        confidence=float(shares[level:].sum()),
        because=(*_shown(moved), *_sentence(head, parts, vectors[len(without) :], level, calm)),
    )


def level_of(shares: Vectors) -> int:
    """The highest level with half of the probability at it or above."""
    return int(np.flatnonzero(shares[::-1].cumsum()[::-1] >= HALF - 1e-6)[-1])


def _below(shares: Vectors, level: int, calm: int) -> float:
    """How sure it is that nothing is to be raised; of a level below, how sure that one is."""
    return float(shares[: calm + 1].sum()) if level == calm else float(shares[level])


def _doubted(text: str, moved: Mapping[str, float]) -> list[str]:
    """The words to leave out: a word that the vocabulary lacks still moves the embedding."""
    telling = (word for word in spoken(text) if word not in PLAIN)
    return list(dict.fromkeys((*moved, *telling)))[:DOUBTED]


def left_out(text: str, word: str) -> str:
    """The text without a word, wherever it stands."""
    return WORD.sub(lambda match: "" if spoken(match.group()) == [word] else match.group(), text)


def _shown(moved: Mapping[str, float]) -> list[str]:
    """Words a person would name: no marks that stand for numbers, and none that move anything."""
    words = (word for word, weight in moved.items() if weight > 0 and word not in PLAIN)
    telling = [word for word in words if word.replace(" ", "").replace("'", "").isalpha()]
    return [f"“{word}”" for word in telling[:SHOWN]]


def _sentence(
    head: Head, parts: Sequence[str], vectors: Vectors, level: int, calm: int
) -> list[str]:
    """The sentence that speaks most for the level, where the text has more than one."""
    if len(parts) < 2:
        return []
    scores = head.scores(parts, vectors)
    best = parts[int((scores[:, level] - scores[:, calm]).argmax())]
    return [f"“{best if len(best) <= QUOTED else best[:QUOTED].rsplit(' ', 1)[0] + ' …'}”"]


def telling(head: Head, text: str) -> bool:
    """Whether enough of the words are known: of a short text, or one in Hindi, too few are."""
    return sum(word in head.words.places for word in spoken(text)) >= TELLING


def _mail(head: Head, text: str, vector: Vectors) -> Reading:
    shares = head.shares([text], vector[None])[0]
    unwanted = (
        float(shares[1:].sum()) if telling(head, text) else min(UNREAD, float(shares[1:].sum()))
    )
    kind = 1 + int(shares[1:].argmax())
    if unwanted < head.threshold:
        return Reading(level=WANTED, confidence=unwanted, threshold=head.threshold)
    return Reading(
        level=head.labels[kind],
        confidence=unwanted,
        because=tuple(_shown(head.moved(text, kind, over=0))),
        threshold=head.threshold,
    )


# --- bytes ----------------------------------------------------------------------------


def _tensors(head: Head) -> Sequence[tuple[str, Vectors]]:
    text = json.dumps([head.labels, head.words.terms], ensure_ascii=False)
    return (
        ("weights", np.ascontiguousarray(head.weights)),
        ("bias", np.ascontiguousarray(head.bias)),
        ("rarity", head.words.rarity),
        ("scale", np.array([head.temperature, head.threshold], np.float32)),
        ("terms", np.frombuffer(text.encode(), np.uint8)),
    )


def _head(name: str, tensors: Mapping[str, Vectors]) -> Head:
    labels, terms = json.loads(tensors[f"{name}.terms"].tobytes())
    temperature, threshold = (float(value) for value in tensors[f"{name}.scale"])
    return Head(
        labels=tuple(labels),
        words=Words(tuple(terms), tensors[f"{name}.rarity"]),
        weights=tensors[f"{name}.weights"],
        bias=tensors[f"{name}.bias"],
        temperature=temperature,
        threshold=threshold,
    )
