"""A promise counts messages that are none of the shop's, though no example is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from triage.classifier.selective import Evidence, compute_guarantee, compute_min_rows
from triage.classifier.strangers import (
    NO_STRANGERS,
    Strangers,
    compute_given_bound,
    compute_upper_bound,
    estimate_share,
    join_strangers,
)

LABELS = tuple(f"intent-{number}" for number in range(8))


def strangers(confidence: np.ndarray, intents: int = 8) -> Strangers:
    """Texts of so many intents, that are taken for the next one."""
    intent = np.arange(len(confidence)) % intents
    nothing = np.zeros(len(confidence), bool)
    return Strangers(confidence, (intent + 1) % intents, nothing, intent)


def evidence(confidence: np.ndarray, right: np.ndarray, strange: Strangers) -> Evidence:
    guess = np.arange(len(right)) % len(LABELS)
    nothing = np.zeros(len(right), bool)
    truth = np.where(right, guess, (guess + 1) % len(LABELS))
    return Evidence(LABELS, confidence, guess, truth, nothing, nothing, strange)


def ours(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Confidences that mean what they say, and whether each guess is right."""
    random = np.random.default_rng(seed)
    confidence = random.beta(20, 1, count)
    return confidence, random.random(count) < confidence


def theirs(count: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).beta(4, 2, count)


def test_strangers_raise_the_threshold_and_the_sentence_says_how_many_are_assumed() -> None:
    rows = evidence(*ours(3_000), strangers(theirs(3_000)))
    alone, among = (compute_guarantee(rows, 0.95, strangers=share) for share in (0.0, 0.3))
    assert among.valid
    assert among.threshold > alone.threshold
    assert among.coverage < alone.coverage
    assert "assuming that 30 of 100 messages are none of ours" in among.sentence
    assert (alone.strangers, among.strangers) == (0.0, 0.3)
    assert "without a share of messages that are none of ours" in alone.sentence


def test_strangers_that_look_like_ours_leave_no_promise() -> None:
    alike = evidence(*ours(3_000), strangers(ours(3_000, seed=3)[0]))
    assert compute_guarantee(alike, 0.95, strangers=0.0).valid
    among = compute_guarantee(alike, 0.95)
    assert (among.valid, among.more) == (False, None)
    assert "Check the tickets that are drawn by lot" in among.sentence


@pytest.mark.parametrize(("share", "made"), [(0.1, 0.9), (0.3, 0.9), (0.6, 0)])
def test_a_promise_is_kept_in_traffic_with_as_many_strangers_as_were_assumed(
    share: float, made: float
) -> None:
    confidence, right = ours(100_000, seed=5)
    strange = theirs(100_000, seed=6)
    random, kept, valid = np.random.default_rng(7), [], []
    for _ in range(200):
        drawn = random.choice(100_000, 800, replace=False)
        rows = evidence(confidence[drawn], right[drawn], strangers(strange[drawn]))
        found = compute_guarantee(rows, 0.95, strangers=share)
        mine, wrong = confidence >= found.threshold, strange >= found.threshold
        good = (1 - share) * (mine & right).mean()
        given = (1 - share) * mine.mean() + share * wrong.mean()
        kept.append(not found.valid or good >= 0.95 * given)
        valid.append(found.valid)
    assert np.mean(kept) >= 0.95
    assert np.mean(valid) >= made


def test_eighty_examples_without_an_error_are_enough_for_95_in_100() -> None:
    sure, strange = np.linspace(0.6, 1, 80), strangers(np.linspace(0.1, 0.5, 80))
    found = compute_guarantee(evidence(sure, np.ones(80, bool), strange), 0.95)
    assert found.valid
    assert found.coverage >= 0.5
    fewer = compute_guarantee(evidence(sure[:60], np.ones(60, bool), strange), 0.95)
    assert not fewer.valid
    assert fewer.more is not None
    assert 20 <= fewer.more <= 40


def test_a_label_that_swallows_strangers_is_given_to_none() -> None:
    confidence, _ = ours(4_000)
    right = np.ones(4_000, bool)
    greedy = replace(strangers(theirs(4_000)), guess=np.zeros(4_000, np.int64))
    found = compute_guarantee(evidence(confidence, right, greedy), 0.9)
    assert found.withheld == {LABELS[0]}
    assert "would be none of ours" in found.per_label[0].sentence


def test_texts_of_one_intent_that_pass_together_say_less_than_as_many_of_all() -> None:
    intents = np.repeat(np.arange(8), 20)
    share, spread = compute_given_bound(np.arange(160) % 8 == 0, intents, 0.05)
    same, clustered = compute_given_bound(intents == 0, intents, 0.05)
    assert share == same == 1 / 8
    assert clustered > spread >= compute_upper_bound(20, 160, 0.05)


def test_checked_tickets_replace_the_assumption_as_they_come() -> None:
    none = np.zeros(0, bool)
    assert estimate_share(none, 0.3, 200) == 0.3
    half = estimate_share(np.arange(100) < 10, 0.3, 200)
    assert half == pytest.approx((0.3 + 0.1) / 2)
    assert estimate_share(np.arange(400) < 40, 0.3, 200) == pytest.approx(0.1)


def test_some_checked_tickets_are_said_in_the_assumption() -> None:
    rows = evidence(*ours(3_000), strangers(theirs(3_000)))
    audited = np.arange(3_000) < compute_min_rows(0.95) // 2
    checked = compute_guarantee(replace(rows, audited=audited), 0.95)
    assert checked.evidence == "examples"
    assert 0.1 < checked.strangers < 0.2  # none of the 98 was strange


def test_what_a_person_named_counts_as_much_as_what_was_held_out() -> None:
    held = strangers(np.full(80, 0.4))
    named = Strangers(np.full(40, 0.9), np.zeros(40, np.int64), np.zeros(40, bool), np.full(40, -1))
    both = join_strangers(held, named)
    assert both.weigh_rows()[:80].sum() == pytest.approx(0.5)
    assert named.weigh_rows().sum() == pytest.approx(1)
    assert NO_STRANGERS.weigh_rows().sum() == 0


def test_few_named_strangers_count_as_errors_and_many_as_a_share() -> None:
    confidence, right = np.linspace(0.5, 1, 600), np.ones(600, bool)
    rows = evidence(confidence, right, strangers(np.full(600, 0.2)))
    truth = np.where(np.arange(600) >= 575, -1, rows.truth)  # 25 named, the surest of all
    assert not compute_guarantee(replace(rows, truth=truth), 0.95).valid
    away = replace(rows, truth=truth, outside=truth < 0)
    assert compute_guarantee(away, 0.95).valid
    many = np.where(np.arange(600) >= 500, -1, rows.truth)
    assert not compute_guarantee(replace(rows, truth=many), 0.95).valid
    assert compute_guarantee(replace(rows, truth=many, outside=many < 0), 0.95).valid


@pytest.mark.parametrize("share", [-0.1, 0.95, 30])
def test_a_share_of_strangers_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 0.9"):
        compute_guarantee(evidence(*ours(50), NO_STRANGERS), 0.95, strangers=share)
