"""The chance that a clause answers: how it is fitted, and the questions it is fitted on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from triage.learning import clause_questions, retrieval_calibration
from triage.learning.clause_questions import Question, load_shop_clauses
from triage.learning.retrieval_calibration import Sample
from triage.retrieval.index import build_index
from triage.retrieval.ranking import rank_by_words
from triage.retrieval.relevance import (
    HYBRID_FEATURES,
    LEXICAL_FEATURES,
    ClauseFeatures,
    Relevance,
    extract_features,
    fit_relevance,
    load_shipped,
)

FAR, NEAR = ClauseFeatures(words=0.1, words_ahead=-0.2), ClauseFeatures(words=0.9, words_ahead=0.5)


def sample(number: int, *, near: bool, answers: bool, rank: int = 0) -> Sample:
    return Sample(NEAR if near else FAR, answers, number, rank, answerable=answers)


def clear(count: int = 40) -> list[Sample]:
    """Questions where the nearer clause always answers, and every second has one."""
    return [sample(n, near=n % 2 == 0, answers=n % 2 == 0) for n in range(count)]


# --- the shipped questions --------------------------------------------------------------


def test_there_are_enough_questions_with_and_without_a_clause() -> None:
    made = clause_questions.load_questions()
    assert len([each for each in made if each.answers]) >= 250
    assert len([each for each in made if not each.answers]) >= 120
    assert len({each.text for each in made}) == len(made)


def test_every_clause_of_the_demo_is_asked_for_and_no_other() -> None:
    asked = {ref for each in clause_questions.load_questions() for ref in each.answers}
    assert asked == {clause.ref for clause in load_shop_clauses()[0]}


def test_all_questions_can_be_answered_on_the_day_they_are_asked() -> None:
    clauses, on = load_shop_clauses()
    in_force = {clause.ref for clause in clauses if clause.is_in_force(on)}
    assert all(each.answers <= in_force for each in clause_questions.load_questions())


def test_a_question_is_asked_under_the_label_of_its_policy_too() -> None:
    asked = Question("Where is it?", frozenset({"delivery.late-delivery"}))
    assert clause_questions.add_label(asked, 3).text == "late delivery\nWhere is it?"


def test_what_no_clause_answers_may_have_any_label() -> None:
    heads = {clause_questions.add_label(Question("ok"), n).text.split("\n")[0] for n in range(20)}
    assert {"late delivery", "return request"} <= heads


# --- the regression ---------------------------------------------------------------------


def test_what_speaks_for_a_clause_is_weighed_against_the_best_other() -> None:
    clauses, _ = load_shop_clauses()
    index = build_index(clauses)
    ranked = rank_by_words(index, "tent waterproof ratings")
    first, second = extract_features(index, ranked, ranked.sort_places().tolist()[:2])
    assert first.words_ahead == pytest.approx(first.words - second.words)
    assert second.words_ahead == pytest.approx(second.words - first.words)


def test_a_clause_alone_is_ahead_of_nothing() -> None:
    clauses, _ = load_shop_clauses()
    index = build_index(clauses)
    (alone,) = extract_features(index, rank_by_words(index, "waterproof"), [0])
    assert alone.words_ahead == alone.words


def test_a_fitted_chance_tells_near_from_far() -> None:
    model = retrieval_calibration.fit_samples(clear(), LEXICAL_FEATURES, "a test")
    near, far = model.compute_probabilities([NEAR, FAR])
    assert near > 0.9
    assert far < 0.1


def test_one_kind_of_answer_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="both are needed"):
        fit_relevance([NEAR, FAR], [True, True], LEXICAL_FEATURES, "a test")


def test_an_extreme_chance_does_not_overflow() -> None:
    assert Relevance({"words": 1e6}, 0.0, "a test").compute_probabilities([NEAR]) == pytest.approx(
        [1.0]
    )


@pytest.mark.parametrize(
    ("name", "weighed"), [("hybrid", HYBRID_FEATURES), ("lexical", LEXICAL_FEATURES)]
)
def test_the_shipped_regressions_know_their_evidence(name: str, weighed: tuple[str, ...]) -> None:
    model = load_shipped(name)
    assert tuple(model.weights) == weighed
    assert "questions.toml" in model.made


def test_no_question_is_judged_by_a_regression_that_saw_it() -> None:
    odd = [*clear(), sample(100, near=True, answers=False)]
    chances = retrieval_calibration.predict_held_out(odd, LEXICAL_FEATURES)
    assert chances[-1] > 0.9  # what it would have taught was kept from it


# --- how far it can be trusted ----------------------------------------------------------


def test_a_chance_that_orders_all_rightly_has_an_area_of_one() -> None:
    found = clear()
    chances = [0.9 if each.answers else 0.1 for each in found]
    trust = retrieval_calibration.measure_trust(found, chances)
    assert (trust.right, trust.answerable, trust.n) == (1.0, 1.0, 40)
    assert trust.error == pytest.approx(0.1)


def test_the_error_is_the_distance_between_chance_and_truth() -> None:
    half = np.full(100, 0.5)
    assert retrieval_calibration.compute_calibration_error(
        half, np.tile([0.0, 1.0], 50)
    ) == pytest.approx(0.0)
    assert retrieval_calibration.compute_calibration_error(half, np.ones(100)) == pytest.approx(0.5)


def test_a_limit_is_told_by_what_it_keeps_and_leaves() -> None:
    found = [
        sample(1, near=True, answers=True),
        sample(2, near=True, answers=True),
        sample(3, near=False, answers=False),
        sample(4, near=False, answers=False),
    ]
    at = retrieval_calibration.measure_abstention(found, [0.9, 0.2, 0.6, 0.1], 0.5)
    assert (at.kept_right, at.kept, at.left, at.left_rightly) == (0.5, 0.5, 0.5, 0.5)


def test_a_limit_that_keeps_nothing_divides_by_nothing() -> None:
    at = retrieval_calibration.measure_abstention(clear(2), [0.1, 0.1], 0.5)
    assert (at.kept_right, at.left) == (0.0, 1.0)


def test_each_question_is_asked_with_its_clause_and_without() -> None:
    clauses, on = load_shop_clauses()
    index = build_index(clauses)
    allowed = np.array([clause.is_in_force(on) for clause in clauses])
    asked = Question("How waterproof are tents?", frozenset({"product-information.waterproof"}))
    found = list(
        retrieval_calibration.iter_samples(
            index, [asked], lambda q: rank_by_words(index, q), allowed
        )
    )
    best = [each for each in found if each.rank == 0]
    assert [each.answerable for each in best] == [True, False, True, False]
    assert [each.answers for each in best] == [True, False, True, False]


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "relevance.json"
    retrieval_calibration.write_models(
        path, {"lexical": Relevance({"words": 1.23456}, -0.5, "a test")}
    )
    assert json.loads(path.read_text()) == {
        "lexical": {"weights": {"words": 1.2346}, "bias": -0.5, "made": "a test"}
    }
