"""A promise is given where the evidence bears it, and taken back when tickets no longer do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from triage.classifier.selective import (
    NO_THRESHOLD,
    Evidence,
    PrecisionGuarantee,
    compute_guarantee,
    compute_min_rows,
    find_naive_threshold,
    find_threshold,
    monitor_guarantee,
)
from triage.classifier.strangers import compute_upper_bound

LABELS = ("late-delivery", "refund-status")


def texts(count: int, seed: int = 1, best: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences that mean what they say, up to ``best``, and whether each guess is right."""
    random = np.random.default_rng(seed)
    confidence = random.beta(8, 1, count) * best
    return confidence, random.random(count) < confidence


def evidence(
    confidence: np.ndarray,
    right: np.ndarray,
    *,
    outside: np.ndarray | None = None,
    audited: np.ndarray | None = None,
) -> Evidence:
    guess = np.arange(len(right)) % 2
    nothing = np.zeros(len(right), bool)
    return Evidence(
        labels=LABELS,
        confidence=confidence,
        guess=guess,
        truth=np.where(right, guess, 1 - guess),
        outside=nothing if outside is None else outside,
        audited=nothing if audited is None else audited,
    )


def of(count: int, target: float = 0.95, **flags: np.ndarray) -> PrecisionGuarantee:
    return compute_guarantee(evidence(*texts(count), **flags), target)


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    assert compute_upper_bound(0, 59, 0.05) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert compute_upper_bound(3, 100, 0.1) == pytest.approx(0.0655, abs=1e-4)
    assert compute_upper_bound(5, 5, 0.05) == 1.0


@pytest.mark.parametrize("target", [0.95, 0.98])
def test_a_promise_is_kept_in_95_of_100_draws_where_a_naive_threshold_is_a_coin_toss(
    target: float,
) -> None:
    confidence, right = texts(200_000)
    random = np.random.default_rng(3)
    kept: list[bool] = []
    naive: list[bool] = []
    for _ in range(200):
        drawn = random.choice(len(right), 1000, replace=False)
        for outcomes, way in ((kept, find_threshold), (naive, find_naive_threshold)):
            threshold, _ = way(confidence[drawn], right[drawn], target)
            given = confidence >= threshold
            outcomes.append(not given.any() or right[given].mean() >= target)
    assert np.mean(kept) >= 0.95
    assert np.mean(naive) < 0.8


def test_more_evidence_lets_more_through() -> None:
    some, much = of(1_000), of(20_000)
    assert some.valid
    assert much.valid
    assert 0.3 <= some.coverage < much.coverage
    assert much.sentence.startswith("95 of 100 automatic labels are right, measured on 20,000")


def test_too_little_evidence_says_how_many_labels_are_missing() -> None:
    few = of(60)
    assert not few.valid
    assert few.threshold == NO_THRESHOLD
    assert few.coverage == 0
    assert few.more is not None
    assert few.more >= compute_min_rows(0.95) - 60
    assert f"label about {few.more} more" in few.sentence


def test_ten_times_what_is_there_is_no_advice() -> None:
    """Three of a hundred of the surest are wrong: 95 is nearly within reach, and never proved."""
    sure = np.linspace(1.0, 0.5, 557)
    right = np.ones(557, bool)
    right[5:167:22] = False
    found = compute_guarantee(evidence(sure, right), 0.95)
    assert not found.valid
    assert found.more is None
    assert "even the surest labels are wrong too often" in found.sentence


def test_so_many_more_labels_as_were_asked_for_do_suffice() -> None:
    right = np.ones(60, bool)
    few = compute_guarantee(evidence(np.linspace(0.5, 1, 60), right), 0.98)
    assert few.more is not None
    enough = 60 + few.more
    again = compute_guarantee(evidence(np.linspace(0.5, 1, enough), np.ones(enough, bool)), 0.98)
    assert again.valid


@pytest.mark.parametrize("count", [100, 200, 300, 600])
def test_so_many_more_labels_suffice_where_some_are_wrong(count: int) -> None:
    def evenly(rows: int) -> PrecisionGuarantee:
        right = np.arange(rows) % 50 != 25
        return compute_guarantee(evidence(np.linspace(1, 0.5, rows), right), 0.95)

    found = evenly(count)
    if not found.valid:
        assert found.more is not None
        assert found.more > 1
        assert evenly(count + found.more).valid


def test_where_the_surest_are_wrong_more_labels_would_not_help() -> None:
    confidence, right = texts(4_000, best=0.8)
    hopeless = compute_guarantee(evidence(confidence, right), 0.98)
    assert (hopeless.valid, hopeless.more) == (False, None)
    assert "ask for less" in hopeless.sentence


def test_tickets_people_checked_count_instead_of_examples_once_there_are_enough() -> None:
    confidence, right = texts(3_000)
    right[:1000] = False  # the tickets are unlike the examples
    tickets = np.arange(3_000) < 1000
    checked = compute_guarantee(evidence(confidence, right, audited=tickets), 0.95)
    assert (checked.evidence, checked.valid, checked.examples) == ("tickets", False, 1000)
    tickets = np.arange(3_000) < compute_min_rows(0.95) - 1
    unchecked = compute_guarantee(evidence(confidence, right, audited=tickets), 0.95)
    assert unchecked.evidence == "examples"
    assert unchecked.examples == 3_000 - tickets.sum()


def test_a_text_that_is_turned_away_gets_no_label_but_counts_in_the_coverage() -> None:
    away = np.arange(4_000) % 2 == 0
    assert of(4_000, outside=away).coverage <= 0.5
    assert of(4_000).coverage > 0.5


def test_equally_sure_texts_get_a_label_together_or_not_at_all() -> None:
    confidence = np.full(1_000, 0.9)
    right = np.arange(1_000) < 940
    threshold, coverage = find_threshold(confidence, right, 0.95)
    assert (threshold, coverage) == (NO_THRESHOLD, 0.0)
    assert find_threshold(confidence, np.ones(1_000, bool), 0.95) == (0.9, 1.0)


def test_each_label_is_judged_by_itself() -> None:
    confidence, _ = texts(8_000)
    right = np.ones(8_000, bool)
    right[1::20] = False  # only ever the second label
    late, refund = compute_guarantee(evidence(confidence, right), 0.925).per_label
    assert (late.label, late.kept, late.right) == ("late-delivery", True, late.automatic)
    assert (refund.kept, refund.more) == (False, None)
    assert refund.at_least < 0.925
    assert "Not kept" in refund.sentence


def test_a_label_with_few_texts_says_so() -> None:
    confidence, right = texts(800)
    seldom = (np.arange(800) % 20 == 0).astype(int)
    rows = replace(evidence(confidence, np.ones_like(right)), guess=seldom, truth=seldom)
    often, rare = compute_guarantee(rows, 0.98).per_label
    assert (often.kept, often.more) == (True, None)
    assert (rare.kept, rare.automatic, rare.right) == (None, 40, 40)
    assert rare.sentence == f"Too few to say: 40 of 40 right, about {rare.more} more are needed."
    assert rare.more is not None
    assert compute_upper_bound(0, 40 + rare.more, 0.05) <= 0.02 < compute_upper_bound(0, 40, 0.05)


@pytest.mark.parametrize("target", [0.0, 0.4, 1.0, 98.0])
def test_a_target_that_is_no_share_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="share between"):
        of(100, target)


# --- afterwards ------------------------------------------------------------------------


def labels(count: int, errors: float, seed: int) -> list[bool]:
    return [bool(right) for right in np.random.default_rng(seed).random(count) >= errors]


def test_a_promise_that_holds_is_seldom_doubted_however_often_one_looks() -> None:
    doubted = [not monitor_guarantee(labels(1_000, 0.05, seed), 0.95).valid for seed in range(30)]
    assert np.mean(doubted) <= 0.05


def test_one_wrong_label_is_no_alarm() -> None:
    assert monitor_guarantee([False], 0.98).valid
    assert monitor_guarantee([], 0.98).valid


def test_a_promise_that_is_broken_is_noticed_within_a_hundred_labels() -> None:
    found = monitor_guarantee(labels(300, 0.25, 5), 0.95)
    assert not found.valid
    assert found.since is not None
    assert found.since < 100


def test_a_change_after_a_long_good_time_is_noticed_too() -> None:
    found = monitor_guarantee(labels(1_500, 0.02, 5) + labels(300, 0.25, 6), 0.95)
    assert found.since is not None
    assert 1_500 <= found.since < 1_700
    assert (found.count, found.valid) == (1_800, False)


def test_a_label_that_is_wrong_too_often_is_withheld_and_not_counted() -> None:
    confidence, _ = texts(8_000)
    right = np.ones(8_000, bool)
    right[1::20] = False  # only ever the second label, which is every other
    found = compute_guarantee(evidence(confidence, right), 0.925)
    assert found.withheld == {LABELS[1]}
    assert found.coverage == pytest.approx(
        find_threshold(confidence, right, 0.925)[1] / 2, abs=0.01
    )
