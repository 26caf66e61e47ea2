"""Fitting the commitment model, and what it adds to the rules on sentences it has not seen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from triage.generation.phrases import SENTENCES
from triage.guardrails.commitments import Records, find_unapproved_commitments
from triage.signals.sentence_model import SentenceModel, normalize_numbers
from triage.signals.tfidf import Terms, learn_terms
from triage.training.signal_fitting import describe_share

HERE: Final = Path(__file__).parent
REPLIES: Final = SENTENCES / "replies.toml"
GRANTED_PREFIXES: Final = (
    "approved",
    "paid",
)  # decisions whose sentences are about money that was given
SLOT_PATTERN: Final = re.compile(r"\{(\w+)\}")
SAMPLE_DAY, SAMPLE_ORDER = "3 May 2026", "HP-10422"
SAMPLE_VALUES: Final = {
    "amount": "£42.00",
    "paid": "£89.00",
    "said_amount": "£20.00",
    "order": SAMPLE_ORDER,
    "said_order": SAMPLE_ORDER,
    "others": f"{SAMPLE_ORDER} and HP-10399",
    "placed": SAMPLE_DAY,
    "promised": SAMPLE_DAY,
    "delivered": SAMPLE_DAY,
    "said_date": SAMPLE_DAY,
    "items": "Storm lamp and Enamel kettle",
    "status": "shipped",
    "tracking": "PX123",
    "customer": "Maya Lund",
    "shop": "Harbour & Pine",
    "kind": "return request",
}
FOLDS: Final = 10
INVERSE_REGULARIZATION: Final = 10  # inverse regularization
MAX_FALSE_SHARE: Final = (
    0.02  # of harmless sentences that the rules let pass may be taken for commitments
)
NOTHING_APPROVED: Final = Records(asked=True, words=("I want my money back.",))


def load_corpus() -> tuple[list[str], NDArray[np.bool_]]:
    """All sentences, and for each whether it is a commitment; our own writer makes none."""
    told = tomllib.loads((HERE / "commitments.toml").read_text(encoding="utf-8"))
    replies = _iter_reply_texts(tomllib.loads(REPLIES.read_text(encoding="utf-8")))
    own = list(
        dict.fromkeys(
            SLOT_PATTERN.sub(lambda found: SAMPLE_VALUES[found[1]], each) for each in replies
        )
    )
    texts = [*told["promised"], *told["harmless"], *own]
    return texts, np.arange(len(texts)) < len(told["promised"])


def _iter_reply_texts(tree: Any, name: str = "") -> Any:
    """All texts below a table, but those that tell of a decision to pay."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            if not key.startswith(GRANTED_PREFIXES):
                yield from _iter_reply_texts(branch, key)
    else:
        for branch in tree:
            yield from _iter_reply_texts(branch)


def fit_model(*, seed: int = 7) -> tuple[SentenceModel, Mapping[str, Any]]:
    """The model and its report; the threshold and every figure are out of fold."""
    texts, truth = load_corpus()
    chances = _predict_held_out(texts, truth, seed)
    ruled = apply_rules(texts)
    threshold = float(np.quantile(chances[~truth & ~ruled], 1 - MAX_FALSE_SHARE))
    terms, weights, bias = _fit_regression(texts, truth)
    model = SentenceModel(terms, weights, bias, threshold)
    return model, {
        "threshold": round(threshold, 4),
        **build_report(truth, ruled, chances >= threshold),
    }


def build_report(truth: Any, ruled: Any, read: Any) -> dict[str, Any]:
    """Shares of n sentences; ``ruled`` are those that the rules find, ``read`` the model."""
    return {
        "promises found by the rules": describe_share(ruled[truth]),
        "promises found by either": describe_share((ruled | read)[truth]),
        "harmless ones stopped by the rules": describe_share(ruled[~truth]),
        "harmless ones stopped by either": describe_share((ruled | read)[~truth]),
    }


def apply_rules(texts: Sequence[str]) -> NDArray[np.bool_]:
    """For each sentence whether the rules object to it where nothing was approved."""
    return np.array([any(find_unapproved_commitments(text, NOTHING_APPROVED)) for text in texts])


def _predict_held_out(texts: Sequence[str], truth: NDArray[np.bool_], seed: int) -> Any:
    from sklearn.model_selection import StratifiedKFold

    chances = np.zeros(len(texts), np.float32)
    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(truth, truth)
    for train, held in parts:
        terms, weights, bias = _fit_regression([texts[i] for i in train], truth[train])
        part = SentenceModel(terms, weights, bias, 1.0)
        chances[held] = part.compute_probabilities([texts[i] for i in held])
    return chances


def _fit_regression(texts: Sequence[str], truth: NDArray[np.bool_]) -> tuple[Terms, Any, float]:
    from sklearn.linear_model import LogisticRegression

    read = [normalize_numbers(text) for text in texts]
    terms = learn_terms(read)
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=2000).fit(
        terms.build_matrix(read), truth
    )
    return terms, model.coef_[0].astype(np.float32), float(model.intercept_[0])
