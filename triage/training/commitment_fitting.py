"""Fitting the reader of promises, and what it is worth beside the rules on sentences it has not seen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from triage.generation.phrases import SENTENCES
from triage.guardrails.commitments import Records, unborne
from triage.signals.commitment_model import PromiseModel, as_read
from triage.signals.tfidf import Terms, learned
from triage.training.signal_fitting import share_of

HERE: Final = Path(__file__).parent
REPLIES: Final = SENTENCES / "replies.toml"
GRANTED: Final = ("approved", "paid")  # decisions whose sentences are about money that was given
SLOT: Final = re.compile(r"\{(\w+)\}")
DAY, NUMBER = "3 May 2026", "HP-10422"
VALUES: Final = {
    "amount": "£42.00", "paid": "£89.00", "said_amount": "£20.00", "order": NUMBER,
    "said_order": NUMBER, "others": f"{NUMBER} and HP-10399", "placed": DAY, "promised": DAY,
    "delivered": DAY, "said_date": DAY, "items": "Storm lamp and Enamel kettle",
    "status": "shipped", "tracking": "PX123", "customer": "Maya Lund", "shop": "Harbour & Pine",
    "kind": "return request",
}  # fmt: skip
FOLDS: Final = 10
STRENGTH: Final = 10  # inverse regularization
FALSE: Final = 0.02  # of harmless sentences that the rules let pass may be taken for promises
NOTHING: Final = Records(asked=True, words=("I want my money back.",))


def corpus() -> tuple[list[str], NDArray[np.bool_]]:
    """Sentences, and whether each is a promise; those of our own writer promise nothing."""
    told = tomllib.loads((HERE / "commitments.toml").read_text(encoding="utf-8"))
    replies = _leaves(tomllib.loads(REPLIES.read_text(encoding="utf-8")))
    own = list(dict.fromkeys(SLOT.sub(lambda found: VALUES[found[1]], each) for each in replies))
    texts = [*told["promised"], *told["harmless"], *own]
    return texts, np.arange(len(texts)) < len(told["promised"])


def _leaves(tree: Any, name: str = "") -> Any:
    """All texts below a table, but those that tell of a decision to pay."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            if not key.startswith(GRANTED):
                yield from _leaves(branch, key)
    else:
        for branch in tree:
            yield from _leaves(branch)


def fit(*, seed: int = 7) -> tuple[PromiseModel, Mapping[str, Any]]:
    """The model and its report; the threshold and every figure are out of fold."""
    texts, truth = corpus()
    chances = _held_out(texts, truth, seed)
    ruled = by_rules(texts)
    threshold = float(np.quantile(chances[~truth & ~ruled], 1 - FALSE))
    terms, weights, bias = _fitted(texts, truth)
    model = PromiseModel(terms, weights, bias, threshold)
    return model, {"threshold": round(threshold, 4), **report(truth, ruled, chances >= threshold)}


def report(truth: Any, ruled: Any, read: Any) -> dict[str, Any]:
    """Shares of n sentences; ``ruled`` are those that the rules find, ``read`` the model."""
    return {
        "promises found by the rules": share_of(ruled[truth]),
        "promises found by either": share_of((ruled | read)[truth]),
        "harmless ones stopped by the rules": share_of(ruled[~truth]),
        "harmless ones stopped by either": share_of((ruled | read)[~truth]),
    }


def by_rules(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the sentences the rules object to where nothing was approved."""
    return np.array([any(unborne(text, NOTHING)) for text in texts])


def _held_out(texts: Sequence[str], truth: NDArray[np.bool_], seed: int) -> Any:
    from sklearn.model_selection import StratifiedKFold

    chances = np.zeros(len(texts), np.float32)
    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(truth, truth)
    for train, held in parts:
        terms, weights, bias = _fitted([texts[i] for i in train], truth[train])
        part = PromiseModel(terms, weights, bias, 1.0)
        chances[held] = part.chances([texts[i] for i in held])
    return chances


def _fitted(texts: Sequence[str], truth: NDArray[np.bool_]) -> tuple[Terms, Any, float]:
    from sklearn.linear_model import LogisticRegression

    read = [as_read(text) for text in texts]
    terms = learned(read)
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(terms.of(read), truth)
    return terms, model.coef_[0].astype(np.float32), float(model.intercept_[0])
