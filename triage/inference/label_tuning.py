"""Tuning the encoder on labelled texts: a head fitted first, then both together.

Linear probing before fine-tuning keeps what the encoder knew (Kumar et al. 2022, arXiv
2202.10054); on few texts a supervised contrastive loss helps (Gunel et al. 2021, arXiv
2011.01403). The head is thrown away: the intent model fits its own on the tuned vectors.
These vectors have seen the labels, so a promise must be measured on other texts: ``shown``
chooses those that the encoder may see, and what it was not shown is the evidence. That the
intent model also learns from texts whose vectors have not seen their label costs no accuracy.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from triage.inference.contrastive_tuning import (
    course,
    seeded,
    shuffled,
    thawed,
    train,
    trainable,
    vectors_of,
)
from triage.inference.tuned_weights import Tuned, packed

if TYPE_CHECKING:
    from triage.inference.encoder import Encoder

BATCH = 32
FEW = 3000  # texts: below it the slower rate and the contrastive loss
RATE, RATE_OF_FEW, HEAD = 3e-4, 2e-4, 10.0  # the head learns ten times as fast
NEARNESS, CONTRAST = 0.07, 0.5  # temperature and share of the contrastive loss
FEWEST = 2  # texts of a label


def digest(text: str) -> str:
    """The same for texts that differ in case and white space alone, in 16 characters."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()[:16]


def shown(
    texts: Sequence[str], labels: Sequence[str], kept: Collection[str] = ()
) -> frozenset[str]:
    """The digests of half of each label's texts: those to tune on, chosen by digest.

    Texts with the label "" and those ``kept`` are none of them, nor is the only one of a label.
    """
    kept = {digest(text) for text in kept}
    of: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in zip(texts, labels, strict=True):
        if label and digest(text) not in kept:
            of[label].add(digest(text))
    return frozenset(mark for marks in of.values() for mark in _half(sorted(marks)))


def _half(marks: Sequence[str]) -> Sequence[str]:
    count = -(-len(marks) // 2)
    return marks[: count if count >= FEWEST else 0]


def tune_on_half(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    kept: Collection[str] = (),
    epochs: int,
    progress: bool = False,
) -> tuple[Tuned, frozenset[str]]:
    """``tune_labels`` on the texts ``shown``, and their digests. Raises ValueError likewise."""
    seen = shown(texts, labels, kept)
    new = unseen(texts, seen)
    rows = [i for i, out in enumerate(new) if not out]
    taught = [texts[i] for i in rows], [labels[i] for i in rows]
    return tune_labels(encoder, *taught, epochs=epochs, progress=progress), seen


def unseen(texts: Sequence[str], seen: Collection[str]) -> list[bool]:
    """Which texts have none of these digests."""
    return [digest(text) not in seen for text in texts]


def tune_labels(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    epochs: int = 3,
    seed: int = 7,
    progress: bool = False,
) -> Tuned:
    """The encoder's pinned weights tuned on labelled texts; those labelled "" are left out.

    Eight epochs suit ten texts a label, three suit a hundred. The encoder itself is left as
    it is. Raises ValueError where a label has one text or there is one label.
    """
    texts, names, truth = _numbered(texts, labels)
    import torch

    from triage.inference.encoder import loaded

    few = len(texts) < FEW
    rate = RATE_OF_FEW if few else RATE
    weights, bias = _probe(encoder.embed(texts), truth)
    with seeded(seed):
        model = loaded(encoder.entry)
        before = thawed(model)
        head = [torch.nn.Parameter(torch.tensor(part)) for part in (weights, bias)]
        groups = [
            {"params": trainable(model), "lr": rate},
            {"params": head, "lr": rate * HEAD},
        ]

        def loss(rows: list[int]) -> Any:
            vectors = vectors_of(model, [texts[i] for i in rows]).float()
            own = torch.tensor([truth[i] for i in rows])
            named = torch.nn.functional.cross_entropy(vectors @ head[0].T + head[1], own)
            return named + CONTRAST * contrast(vectors, own) if few else named

        plan = list(shuffled(len(texts), BATCH, epochs=epochs, seed=seed))
        losses = train(model, groups, plan, loss, progress)
    report = {"texts": len(texts), "labels": len(names), **course(losses, epochs, seed)}
    return packed(model[0].auto_model, before, encoder.entry.sha256, report)


def _numbered(
    texts: Sequence[str], labels: Sequence[str]
) -> tuple[list[str], list[str], list[int]]:
    """The labelled texts, the labels' names and each text's number among them."""
    rows = [(text, label) for text, label in zip(texts, labels, strict=True) if label]
    names = sorted({label for _, label in rows})
    truth = [names.index(label) for _, label in rows]
    short = [name for i, name in enumerate(names) if truth.count(i) < FEWEST]
    if len(names) < 2 or short:
        which = f"“{short[0]}” has one." if short else f"There is {len(names) or 'no'} label."
        raise ValueError(f"Tuning needs two labels with {FEWEST} texts each. {which}")
    return [text for text, _ in rows], names, truth


def _probe(vectors: Any, truth: list[int]) -> tuple[Any, Any]:
    """Weights (labels, 384) and bias (labels,) of a logistic regression on the plain vectors."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=30, max_iter=2000).fit(vectors, truth)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(weights) == 1:  # of two labels only the second is modelled: the first is its zero
        return np.vstack([0 * weights, weights]), np.append(np.float32(0), bias)
    return weights, bias


def contrast(vectors: Any, own: Any) -> Any:
    """Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362), of unit vectors.

    Zero where no two texts of the batch share a label.
    """
    import torch

    self_ = torch.eye(len(own), dtype=torch.bool)
    same = (own[:, None] == own) & ~self_
    scores = (vectors @ vectors.T / NEARNESS).masked_fill(self_, -torch.inf)
    log_share = (scores - scores.logsumexp(dim=1, keepdim=True)).masked_fill(~same, 0.0)
    paired = same.any(dim=1)
    if not paired.any():
        return vectors.sum() * 0.0
    return -(log_share.sum(dim=1)[paired] / same.sum(dim=1)[paired]).mean()
