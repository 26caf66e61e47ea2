"""Tuning the encoder on labelled texts: a head fitted first, then both together.

Linear probing before fine-tuning keeps what the encoder knew (Kumar et al. 2022, arXiv
2202.10054); on few texts a supervised contrastive loss helps (Gunel et al. 2021, arXiv
2011.01403). The head is thrown away: the intent model fits its own on the tuned vectors.
These vectors have seen the labels, so a precision guarantee must be measured on other
texts: ``choose_tuning_digests`` chooses those that the encoder may see, and what it was
not shown is the evidence. That the intent model also learns from texts whose vectors have
not seen their label costs no accuracy.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from triage.inference.contrastive_tuning import (
    embed_texts,
    iter_shuffled_rows,
    list_trainable_weights,
    seed_torch,
    summarize_losses,
    train_model,
    unfreeze_weights,
)
from triage.inference.tuned_weights import TunedWeights, pack_changes

if TYPE_CHECKING:
    from triage.inference.encoder import Encoder

BATCH_SIZE = 32
FEW_TEXTS = 3000  # texts: below it the slower rate and the contrastive loss
LEARNING_RATE, FEW_TEXTS_RATE, HEAD_RATE_FACTOR = (
    3e-4,
    2e-4,
    10.0,
)  # the head learns ten times as fast
CONTRAST_TEMPERATURE, CONTRAST_SHARE = 0.07, 0.5  # temperature and share of the contrastive loss
MIN_LABEL_TEXTS = 2  # texts of a label


def digest_text(text: str) -> str:
    """16 hex digits, the same for texts that differ in case and white space alone."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()[:16]


def choose_tuning_digests(
    texts: Sequence[str], labels: Sequence[str], kept: Collection[str] = ()
) -> frozenset[str]:
    """The digests of half of each label's texts: those to tune on, chosen by digest.

    Texts with the label "", those ``kept`` and the only text of a label are not among them.
    """
    kept = {digest_text(text) for text in kept}
    of: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in zip(texts, labels, strict=True):
        if label and digest_text(text) not in kept:
            of[label].add(digest_text(text))
    return frozenset(mark for marks in of.values() for mark in _take_half(sorted(marks)))


def _take_half(marks: Sequence[str]) -> Sequence[str]:
    count = -(-len(marks) // 2)
    return marks[: count if count >= MIN_LABEL_TEXTS else 0]


def tune_on_half(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    kept: Collection[str] = (),
    epochs: int,
    progress: bool = False,
) -> tuple[TunedWeights, frozenset[str]]:
    """Tune by ``tune_labels`` on half of each label's texts; also returns their digests.

    Raises ValueError where a label has one text or there is one label.
    """
    seen = choose_tuning_digests(texts, labels, kept)
    new = flag_unseen_texts(texts, seen)
    rows = [i for i, out in enumerate(new) if not out]
    taught = [texts[i] for i in rows], [labels[i] for i in rows]
    return tune_labels(encoder, *taught, epochs=epochs, progress=progress), seen


def flag_unseen_texts(texts: Sequence[str], seen: Collection[str]) -> list[bool]:
    """For each text whether its digest is none of those in ``seen``."""
    return [digest_text(text) not in seen for text in texts]


def tune_labels(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    epochs: int = 3,
    seed: int = 7,
    progress: bool = False,
) -> TunedWeights:
    """The encoder's pinned weights tuned on labelled texts; those labelled "" are left out.

    Eight epochs suit ten texts a label, three suit a hundred. The encoder itself is left as
    it is. Raises ValueError where a label has one text or there is one label.
    """
    texts, names, truth = _number_labels(texts, labels)
    import torch

    from triage.inference.encoder import load_transformer

    few = len(texts) < FEW_TEXTS
    rate = FEW_TEXTS_RATE if few else LEARNING_RATE
    weights, bias = _fit_probe(encoder.embed(texts), truth)
    with seed_torch(seed):
        model = load_transformer(encoder.entry)
        before = unfreeze_weights(model)
        head = [torch.nn.Parameter(torch.tensor(part)) for part in (weights, bias)]
        groups = [
            {"params": list_trainable_weights(model), "lr": rate},
            {"params": head, "lr": rate * HEAD_RATE_FACTOR},
        ]

        def compute_loss(rows: list[int]) -> Any:
            vectors = embed_texts(model, [texts[i] for i in rows]).float()
            own = torch.tensor([truth[i] for i in rows])
            named = torch.nn.functional.cross_entropy(vectors @ head[0].T + head[1], own)
            return named + CONTRAST_SHARE * compute_contrastive_loss(vectors, own) if few else named

        plan = list(iter_shuffled_rows(len(texts), BATCH_SIZE, epochs=epochs, seed=seed))
        losses = train_model(model, groups, plan, compute_loss, progress)
    report = {"texts": len(texts), "labels": len(names), **summarize_losses(losses, epochs, seed)}
    return pack_changes(model[0].auto_model, before, encoder.entry.sha256, report)


def _number_labels(
    texts: Sequence[str], labels: Sequence[str]
) -> tuple[list[str], list[str], list[int]]:
    """The labelled texts, the labels' names and each text's number among them.

    Raises ValueError where there are fewer than two labels or a label has one text.
    """
    rows = [(text, label) for text, label in zip(texts, labels, strict=True) if label]
    names = sorted({label for _, label in rows})
    truth = [names.index(label) for _, label in rows]
    short = [name for i, name in enumerate(names) if truth.count(i) < MIN_LABEL_TEXTS]
    if len(names) < 2 or short:
        which = f"“{short[0]}” has one." if short else f"There is {len(names) or 'no'} label."
        raise ValueError(f"Tuning needs two labels with {MIN_LABEL_TEXTS} texts each. {which}")
    return [text for text, _ in rows], names, truth


def _fit_probe(vectors: Any, truth: list[int]) -> tuple[Any, Any]:
    """Weights (labels, 384) and bias (labels,) of a logistic regression on the plain vectors."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=30, max_iter=2000).fit(vectors, truth)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(weights) == 1:  # of two labels only the second is modelled: the first is its zero
        return np.vstack([0 * weights, weights]), np.append(np.float32(0), bias)
    return weights, bias


def compute_contrastive_loss(vectors: Any, own: Any) -> Any:
    """Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362), of unit vectors.

    Zero where no two texts of the batch share a label.
    """
    import torch

    self_ = torch.eye(len(own), dtype=torch.bool)
    same = (own[:, None] == own) & ~self_
    scores = (vectors @ vectors.T / CONTRAST_TEMPERATURE).masked_fill(self_, -torch.inf)
    log_share = (scores - scores.logsumexp(dim=1, keepdim=True)).masked_fill(~same, 0.0)
    paired = same.any(dim=1)
    if not paired.any():
        return vectors.sum() * 0.0
    return -(log_share.sum(dim=1)[paired] / same.sum(dim=1)[paired]).mean()
