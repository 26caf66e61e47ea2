"""Urgency, mood and unwanted mail, read off one text: each with a confidence and its reasons.

Three multinomial logistic regressions over [embedding, TF-IDF of words], each calibrated by a
temperature (Guo et al. 2017, arXiv 1706.04599). A level stands only if it would stand without
any single word of the text: so no one word can raise a ticket.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triage.contract.outcomes import WANTED, Reading, Signals
from triage.nlu.sentences import iter_sentence_spans
from triage.nlu.urgency_rules import DEFAULT_UNWANTED_SHARE
from triage.signals.encoded_text import EncodedText, Vectors
from triage.signals.text_features import CAPITALS_TERM, WordTerms, remove_word, split_words
from triage.signals.whole_text import WholeText

Embed = Callable[[Sequence[str]], Vectors]
Said = EncodedText | WholeText

URGENCY = ("low", "normal", "high", "urgent")
MOOD = ("calm", "upset", "threatening")
MAIL = (WANTED, "spam", "automatic")
MIN_LEVEL_SHARE = 0.5  # of the probability has to be at a level or above for it to be read
DOUBTED_FIRST = 3  # one of the first three words decides in most cases
MAX_DOUBTED_WORDS = 6
"""How many words are each left out once, those first that the token vectors say matter most. Of 826
raised levels, trying 24 words would have lowered 12 more."""
MAX_RANKED_WORDS = 24
MIN_KNOWN_WORDS = 5  # known words: with fewer a text is never called unwanted by its words
MAX_SHOWN_WORDS = 3
MAX_QUOTED_CHARS = 120  # characters of a sentence
PLAIN_WORDS = frozenset(
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
    """One regression: ``weights`` (labels, dimensions + words), ``bias`` (labels,).

    One for other languages than that of its corpus has no words.
    ``threshold`` is where the probability of not being the first label counts.
    """

    labels: tuple[str, ...]
    words: WordTerms
    weights: Vectors
    bias: Vectors
    temperature: float = 1.0
    threshold: float = MIN_LEVEL_SHARE

    def score_texts(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Logits of shape (texts, labels), divided by the temperature."""
        dense, sparse = np.split(self.weights, [vectors.shape[1]], axis=1)
        said = self.words.build_matrix(texts) @ sparse.T
        found: Vectors = (vectors @ dense.T + said + self.bias) / np.float32(self.temperature)
        return found

    def compute_shares(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Probabilities of shape (texts, labels)."""
        scores = self.score_texts(texts, vectors)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: Vectors = odds / odds.sum(axis=1, keepdims=True)
        return found

    def weigh_words(self, text: str, label: int, *, over: int) -> dict[str, float]:
        """How much each word moves the log-odds of ``label`` over ``over``, highest first."""
        direction = (self.weights[label] - self.weights[over])[-len(self.words.terms) :]
        found: dict[str, float] = {}
        for place, weight in self.words.build_row(text).items():
            for word in self.words.terms[place].split() if _is_word_term(self, place) else ():
                found[word] = found.get(word, 0.0) + weight * float(direction[place])
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def _is_word_term(head: Head, place: int) -> bool:
    return head.words.terms[place] != CAPITALS_TERM


@dataclass(frozen=True)
class SignalModel:
    """The three heads. Of an encoded text, its encoder is only asked again where one raises.

    ``sha256`` is the digest of the file that it was read from, "" for one just fitted.
    """

    urgency: Head
    mood: Head
    mail: Head
    sha256: str = ""

    def read_signals(self, said: Said) -> Signals:
        """Urgency, mood and spam of a text, each with its confidence and reasons."""
        return Signals(
            urgency=_read_level(self.urgency, said, calm=URGENCY.index("normal")),
            mood=_read_level(self.mood, said, calm=0),
            spam=_read_mail(self.mail, said.text, said.vector),
            readers={"signals": self.sha256},
        )

    def dumps(self) -> bytes:
        """The model as safetensors: the same model is the same bytes."""
        from safetensors.numpy import save

        tensors: dict[str, Vectors] = {}
        for name in ("urgency", "mood", "mail"):
            tensors |= {f"{name}.{key}": value for key, value in _dump_head(getattr(self, name))}
        return save(tensors)

    @classmethod
    def loads(cls, data: bytes) -> SignalModel:
        from safetensors.numpy import load

        tensors = load(data)
        urgency, mood, mail = (_load_head(name, tensors) for name in ("urgency", "mood", "mail"))
        return cls(urgency, mood, mail, hashlib.sha256(data).hexdigest())


def _read_level(head: Head, said: Said, *, calm: int) -> Reading:
    """The highest level that half of the probability is at or above.

    A level that a single word makes does not stand: what is left without it does.
    """
    shares = head.compute_shares([said.text], said.vector[None])[0]
    level = find_level(shares)
    if level <= calm:
        return Reading(
            level=head.labels[level], confidence=_compute_calm_confidence(shares, level, calm)
        )
    moved = head.weigh_words(said.text, level, over=calm)
    doubted = _choose_doubted_words(head, said, moved, level, calm)
    weakest = _find_weakest_doubt(head, said, doubted, calm)
    if weakest is not None and find_level(weakest) < level:  # one word made it: the rest stands
        level, shares = max(calm, find_level(weakest)), weakest
    if level <= calm:
        return Reading(level=head.labels[level], confidence=float(shares[: calm + 1].sum()))
    return Reading(
        level=head.labels[level],
        confidence=float(shares[level:].sum()),
        because=(*_quote_words(moved), *_quote_sentence(head, said, level, calm)),
    )


def _find_weakest_doubt(head: Head, said: Said, words: Sequence[str], calm: int) -> Vectors | None:
    """The shares of the text without the one of its words that leaves least; None without words.

    The strongest words first: what falls to calm without one of them cannot fall any further.
    """
    weakest: Vectors | None = None
    for lot in (words[:DOUBTED_FIRST], words[DOUBTED_FIRST:]):
        if not lot or (weakest is not None and find_level(weakest) <= calm):
            break
        without = [remove_word(said.text, word) for word in lot]
        doubts = head.compute_shares(without, said.encoder.embed(without))
        weakest = min([*([] if weakest is None else [weakest]), *doubts], key=find_level)
    return weakest


def find_level(shares: Vectors) -> int:
    """The highest level with half of the probability at it or above."""
    return int(np.flatnonzero(shares[::-1].cumsum()[::-1] >= MIN_LEVEL_SHARE - 1e-6)[-1])


def _compute_calm_confidence(shares: Vectors, level: int, calm: int) -> float:
    """How sure it is that nothing is to be raised; below calm, how sure of that level."""
    return float(shares[: calm + 1].sum()) if level == calm else float(shares[level])


def _choose_doubted_words(
    head: Head, said: Said, moved: Mapping[str, float], level: int, calm: int
) -> list[str]:
    """The words to leave out one by one, those first without which least seems to be left.

    A word that the vocabulary lacks still moves the embedding.
    """
    telling = (word for word in split_words(said.text) if word not in PLAIN_WORDS)
    words = list(dict.fromkeys((*moved, *telling)))[:MAX_RANKED_WORDS]
    if not words:
        return []
    without = [remove_word(said.text, word) for word in words]
    shares = head.compute_shares(without, said.estimate_without(words))
    left = shares[:, calm + 1 :].sum(axis=1) + shares[:, level:].sum(axis=1)
    return [words[i] for i in np.argsort(left, kind="stable")[:MAX_DOUBTED_WORDS]]


def _quote_words(moved: Mapping[str, float]) -> list[str]:
    """Up to three words for a person to read, in quotes, that speak for a level."""
    words = (word for word, weight in moved.items() if weight > 0 and word not in PLAIN_WORDS)
    telling = [word for word in words if word.replace(" ", "").replace("'", "").isalpha()]
    return [f"“{word}”" for word in telling[:MAX_SHOWN_WORDS]]


def _quote_sentence(head: Head, said: Said, level: int, calm: int) -> list[str]:
    """The sentence that speaks most for the level, where the text has more than one."""
    spans = [(span.start, span.end) for span in iter_sentence_spans(said.text)]
    spans = [place for place in spans if len(said.text[slice(*place)].split()) > 2]
    if len(spans) < 2:
        return []
    parts = [said.text[slice(*place)] for place in spans]
    scores = head.score_texts(parts, said.pool_spans(spans))
    best = parts[int((scores[:, level] - scores[:, calm]).argmax())]
    if len(best) > MAX_QUOTED_CHARS:
        best = best[:MAX_QUOTED_CHARS].rsplit(" ", 1)[0] + " …"
    return [f"“{best}”"]


def has_known_words(head: Head, text: str) -> bool:
    """Whether enough words of a text are known: too few of a short one, or in Hindi. A head
    without words goes by meaning.
    """
    return (
        not head.words.terms
        or sum(word in head.words.term_columns for word in split_words(text)) >= MIN_KNOWN_WORDS
    )


def _read_mail(head: Head, text: str, vector: Vectors) -> Reading:
    shares = head.compute_shares([text], vector[None])[0]
    unwanted = (
        float(shares[1:].sum())
        if has_known_words(head, text)
        else min(DEFAULT_UNWANTED_SHARE, float(shares[1:].sum()))
    )
    kind = 1 + int(shares[1:].argmax())
    if unwanted < head.threshold:
        return Reading(level=WANTED, confidence=unwanted, threshold=head.threshold)
    return Reading(
        level=head.labels[kind],
        confidence=unwanted,
        because=tuple(_quote_words(head.weigh_words(text, kind, over=0))),
        threshold=head.threshold,
    )


def _dump_head(head: Head) -> Sequence[tuple[str, Vectors]]:
    text = json.dumps([head.labels, head.words.terms], ensure_ascii=False)
    return (
        ("weights", np.ascontiguousarray(head.weights)),
        ("bias", np.ascontiguousarray(head.bias)),
        ("rarity", head.words.rarity),
        ("scale", np.array([head.temperature, head.threshold], np.float32)),
        ("terms", np.frombuffer(text.encode(), np.uint8)),
    )


def _load_head(name: str, tensors: Mapping[str, Vectors]) -> Head:
    labels, terms = json.loads(tensors[f"{name}.terms"].tobytes())
    temperature, threshold = (float(value) for value in tensors[f"{name}.scale"])
    return Head(
        labels=tuple(labels),
        words=WordTerms(tuple(terms), tensors[f"{name}.rarity"]),
        weights=tensors[f"{name}.weights"],
        bias=tensors[f"{name}.bias"],
        temperature=temperature,
        threshold=threshold,
    )
