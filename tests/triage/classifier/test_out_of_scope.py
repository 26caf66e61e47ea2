"""Texts of no intent are turned away, and few of ours with them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.word_vectors import embed, strange, written
from triage.classifier import out_of_scope
from triage.classifier.fitting import fit_model
from triage.classifier.intent_model import IntentModel

TEXTS, LABELS = written(30)


def taught(named: int = 0, general: int = 0, kinds: int = 6) -> IntentModel:
    texts, labels = written(30, kinds=kinds)
    others = strange(general, seed=8)
    return fit_model(
        [*texts, *strange(named)],
        embed([*texts, *strange(named)]),
        [*labels, *[""] * named],
        strangers=(others, embed(others)) if general else None,
    )


def turned_away(model: IntentModel, texts: list[str]) -> float:
    return float(model.judge_texts(texts, embed(texts)).turned_away.mean())


@pytest.mark.parametrize(("named", "general"), [(0, 0), (40, 0), (0, 40), (40, 40)])
def test_strangers_are_turned_away_and_customers_are_not(named: int, general: int) -> None:
    model = taught(named, general)
    assert turned_away(model, strange(100, seed=3)) > 0.9
    assert turned_away(model, written(20, seed=3)[0]) < 0.1


def test_a_stranger_looks_stranger_than_any_customer_mostly() -> None:
    from sklearn.metrics import roc_auc_score

    texts = [*written(20, seed=3)[0], *strange(120, seed=3)]
    scores = taught().judge_texts(texts, embed(texts)).outside
    assert roc_auc_score(np.arange(240) >= 120, scores) > 0.97
    assert ((scores >= 0) & (scores <= 1)).all()


def test_no_more_of_ours_are_lost_than_is_allowed() -> None:
    for named in (0, 40):
        evidence = taught(named).evidence
        lost = evidence.outside[evidence.truth >= 0].mean()
        assert 0 < lost <= out_of_scope.MAX_LOST_SHARE + 0.02


def test_with_two_intents_and_no_stranger_nothing_is_turned_away() -> None:
    model = taught(kinds=2)
    assert model.detector == out_of_scope.NO_DETECTOR
    assert turned_away(model, strange(20)) == 0


def test_with_two_intents_named_strangers_are_enough_to_learn_from() -> None:
    assert turned_away(taught(named=40, kinds=2), strange(50, seed=4)) > 0.9


def test_a_general_text_that_is_an_example_of_ours_is_no_stranger() -> None:
    ours, labels = written(30)
    plain = fit_model(ours, embed(ours), labels)
    again = fit_model(ours, embed(ours), labels, strangers=(ours, embed(ours)))
    assert again.detector == plain.detector


def test_an_empty_text_is_stranger_than_customers_are() -> None:
    model = taught(general=40)
    empty = model.judge_texts([""], np.zeros((1, 384), np.float32)).outside[0]
    assert empty > np.median(model.judge_texts(TEXTS, embed(TEXTS)).outside)


def test_the_general_texts_are_many_and_all_different() -> None:
    texts = out_of_scope.load_background_texts()
    assert len(texts) == len(set(texts)) > 250
    assert all(text.strip() == text and text for text in texts)
