"""Fitting the model of orders to the machine, and what it finds in mails of other writers.

Only whole mails are labelled. Of a mail with an order in it, the sentence that reads most like
one is taken for it after a first fit, as in multiple-instance learning (Andrews et al. 2002);
every sentence of an honest mail is honest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from triage.nlu.prompt_injection import find_injection_signs
from triage.signals.injection_sentences import list_readings
from triage.signals.sentence_model import SentenceModel, normalize_numbers
from triage.signals.tfidf import Terms, learn_terms
from triage.training.signal_fitting import describe_share

MAILS: Final = Path(__file__).parent / "injections"
INVERSE_REGULARIZATION: Final = 10.0
MAX_TERMS: Final = 24_000
MAX_FALSE_SHARE: Final = 0.03
"""Of honest mails that the rules let pass, most of them written to look like orders."""


@dataclass(frozen=True)
class Mails:
    """What one writer wrote: mails with an order to the machine in them, and honest ones."""

    orders: tuple[str, ...]
    honest: tuple[str, ...]


def load_writers() -> Mapping[str, Mails]:
    """The mails by writer, whose name is the file's."""
    found = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in MAILS.glob("*.toml")}
    return {
        name: Mails(tuple(mails["orders"]), tuple(mails["honest"]))
        for name, mails in sorted(found.items())
    }


def fit_model() -> tuple[SentenceModel, Mapping[str, Mapping[str, Any]]]:
    """The model and its report; the threshold and every figure are of mails by writers that the
    judge had not read.
    """
    writers = load_writers()
    held = {name: _judge_held_out(writers, name) for name in writers}
    honest = np.concatenate([each.honest[~each.honest_ruled] for each in held.values()])
    threshold = float(np.quantile(honest, 1 - MAX_FALSE_SHARE))
    fitted = _fit_on(list(writers.values()))
    model = SentenceModel(fitted.terms, fitted.weights, fitted.bias, threshold)
    report = {name: each.describe(threshold) for name, each in held.items()}
    return model, report


@dataclass(frozen=True)
class _Judged:
    """Probabilities of one writer's mails, and which of them the rules find."""

    orders: NDArray[np.float32]
    honest: NDArray[np.float32]
    orders_ruled: NDArray[np.bool_]
    honest_ruled: NDArray[np.bool_]

    def describe(self, threshold: float) -> dict[str, Any]:
        return {
            "orders found by the rules": describe_share(self.orders_ruled),
            "orders found by either": describe_share(
                self.orders_ruled | (self.orders >= threshold)
            ),
            "honest mails flagged by the rules": describe_share(self.honest_ruled),
            "honest mails flagged by either": describe_share(
                self.honest_ruled | (self.honest >= threshold)
            ),
        }


def _judge_held_out(writers: Mapping[str, Mails], name: str) -> _Judged:
    model = _fit_on([mails for other, mails in writers.items() if other != name])
    held = writers[name]
    return _Judged(
        _score_mails(model, held.orders),
        _score_mails(model, held.honest),
        _apply_rules(held.orders),
        _apply_rules(held.honest),
    )


def _score_mails(model: SentenceModel, mails: Sequence[str]) -> NDArray[np.float32]:
    """The highest probability (mails,) of each mail's readings."""
    read = [list_readings(mail) or [mail] for mail in mails]
    return np.array([model.compute_probabilities(readings).max() for readings in read])


def _apply_rules(mails: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([bool(find_injection_signs(mail)) for mail in mails])


def _fit_on(writers: Sequence[Mails]) -> SentenceModel:
    """Fitted on whole mails first, then with the sentences that read most like orders."""
    orders = [mail for mails in writers for mail in mails.orders]
    honest = [each for mails in writers for mail in mails.honest for each in list_readings(mail)]
    terms = learn_terms([normalize_numbers(text) for text in (*orders, *honest)])
    first = _fit_regression(terms, orders, honest)
    kept = _select_terms(first)
    second = _fit_regression(kept, orders, honest)
    guilty = [sentence for mail in orders for sentence in _pick_guilty(second, mail)]
    return _fit_regression(kept, [*orders, *guilty], honest)


def _pick_guilty(model: SentenceModel, mail: str) -> list[str]:
    """The sentence of a mail that reads most like an order, and all that rather do than not."""
    sentences = list_readings(mail)[1:]
    if not sentences:
        return []
    chances = model.compute_probabilities(sentences)
    best = int(chances.argmax())
    return [s for i, s in enumerate(sentences) if i == best or chances[i] > 0.5]


def _fit_regression(terms: Terms, orders: Sequence[str], honest: Sequence[str]) -> SentenceModel:
    from sklearn.linear_model import LogisticRegression

    read = [normalize_numbers(text) for text in (*orders, *honest)]
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=2000, class_weight="balanced")
    model.fit(terms.build_matrix(read), np.arange(len(read)) < len(orders))
    return SentenceModel(
        terms, model.coef_[0].astype(np.float32), float(model.intercept_[0]), threshold=1.0
    )


def _select_terms(model: SentenceModel) -> Terms:
    """The terms that weigh most, so that the file stays small."""
    heaviest = np.sort(np.argsort(-np.abs(model.weights), kind="stable")[:MAX_TERMS])
    names = [*model.terms.words, *model.terms.letters]
    cut = int(np.searchsorted(heaviest, len(model.terms.words)))
    return Terms(
        tuple(names[at] for at in heaviest[:cut]),
        tuple(names[at] for at in heaviest[cut:]),
        model.terms.rarity[heaviest],
    )
