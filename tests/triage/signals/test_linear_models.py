"""Urgency, mood and unwanted mail: read with reasons, and never off one word alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from triage.contract.outcomes import Signals
from triage.nlu.urgency_rules import compute_unwanted_share
from triage.pipeline import registry
from triage.signals import text_features
from triage.signals.encoded_text import EncodedText
from triage.signals.linear_models import MAIL, MOOD, URGENCY, SignalModel, find_level
from triage.signals.text_features import remove_word
from triage.training import signal_corpus, signal_fitting

CALM = (
    "Could you tell me whether the blue rug is in stock again?",
    "I would like to exchange the jacket for a larger size, please.",
    "How do I change the address on my account?",
    "Is the garden bench made of oak or of pine?",
)
ALARMING = ("urgent", "lawyer", "today", "fire", "police", "court", "emergency", "immediately")


@pytest.fixture(scope="module")
def model() -> Any:
    return registry.load_signal_model()


def read(model: SignalModel, text: str) -> Signals:
    return model.read_signals(EncodedText.encode(text, registry.load_encoder()))


# --- the bundled model ------------------------------------------------------------------


@pytest.mark.parametrize("text", CALM)
def test_a_calm_question_is_calm(model: SignalModel, text: str) -> None:
    signals = read(model, text)
    assert signals.urgency.level in ("low", "normal")
    assert (signals.mood.level, signals.spam.level) == ("calm", "wanted")


@pytest.mark.parametrize("word", ALARMING)
def test_one_alarming_word_raises_no_calm_question(model: SignalModel, word: str) -> None:
    for text in CALM:
        for said in (f"{word.capitalize()}! {text}", f"{text} {word}", f"{word} {text} {word}"):
            signals = read(model, said)
            assert signals.urgency.level in ("low", "normal"), said
            assert signals.mood.level != "threatening", said


def test_danger_told_in_several_words_is_urgent_with_its_reasons(model: SignalModel) -> None:
    signals = read(
        model,
        "Good evening. The heater I bought from you is smoking and there is a smell of burning in "
        "the bedroom. We have gone outside with the children. Please call me now, what should we "
        "do?",
    )
    assert signals.urgency.level == "urgent"
    assert signals.urgency.confidence > 0.5
    assert len(signals.urgency.because) > 1


def test_a_threat_is_read_as_one(model: SignalModel) -> None:
    signals = read(
        model,
        "You have ignored four letters. If the money is not on my account by Friday I will take "
        "you to court, and my solicitor will ask for the costs as well.",
    )
    assert signals.mood.level == "threatening"
    assert signals.mood.because


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (
            "Earn 900 a week from home! No experience needed. Click here to claim your free place "
            "now.",
            "spam",
        ),
        (
            "Out of office: I am on leave until Monday without access to email. In urgent cases "
            "please contact my colleague.",
            "automatic",
        ),
        (
            "Delivery to the following recipient failed permanently: mailbox does not exist.",
            "automatic",
        ),
    ],
)
def test_what_nobody_asks_is_known(model: SignalModel, text: str, level: str) -> None:
    spam = read(model, text).spam
    assert spam.level == level
    assert spam.threshold is not None
    assert spam.confidence >= spam.threshold


def test_a_header_adds_to_words_that_leave_it_open(model: SignalModel) -> None:
    spam = read(
        model, "I am out until Monday and will answer then, this is sent by a machine."
    ).spam
    assert spam.threshold is not None
    assert (
        spam.confidence
        < spam.threshold
        < compute_unwanted_share(spam.confidence, ("an automatic reply",))
    )


@pytest.mark.parametrize("text", ["free offer!!!", "मेरा पैसा कहाँ है और कब आएगा बताइए", "", "?"])
def test_too_few_known_words_are_never_called_spam(model: SignalModel, text: str) -> None:
    assert read(model, text).spam.level == "wanted"


def test_the_file_is_the_one_that_is_pinned_and_gives_the_same_bytes_again(
    model: SignalModel,
) -> None:
    bytes_of = registry.load_entries()["signals"].path.read_bytes()
    assert SignalModel.loads(bytes_of).dumps() == bytes_of


# --- the corpus and the fit -------------------------------------------------------------


def test_the_corpus_is_as_large_as_it_says_and_repeats_nothing() -> None:
    said, mail = signal_corpus.load_examples(), signal_corpus.load_mail()
    assert len(said) >= 700
    assert sum(kind != MAIL[0] for _, kind in mail) >= 250
    texts = [each.text for each in said]
    assert len(set(texts)) == len(texts)
    assert {each.urgency for each in said} == set(URGENCY)
    assert {each.mood for each in said} == set(MOOD)


def hashed(texts: Sequence[str]) -> Any:
    """A stand-in for the encoder: as good as random, the same for the same text."""
    rows = [np.random.default_rng(len(text)).standard_normal(384) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def test_the_same_corpus_gives_the_same_bytes_and_honest_figures() -> None:
    said, mail = signal_corpus.load_examples()[::3], signal_corpus.load_mail()[::5]
    first, report = signal_fitting.fit_model(said, mail, hashed)
    again, _ = signal_fitting.fit_model(said, mail, hashed)
    assert first.dumps() == again.dumps()
    raised = report["urgency"]["raised where it should be"]
    assert raised["of"] == sum(each.urgency in ("high", "urgent") for each in said)
    assert raised["from"] <= raised["share"] <= raised["to"]


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [(0, 0, (0.0, 1.0)), (0, 100, (0.0, 0.037)), (50, 100, (0.404, 0.596))],
)
def test_an_interval_is_wide_where_little_was_counted(
    hits: int, n: int, expected: tuple[float, float]
) -> None:
    assert signal_fitting.compute_wilson_interval(hits, n) == pytest.approx(expected, abs=0.001)


def test_a_level_needs_half_of_the_probability_at_it_or_above() -> None:
    assert find_level(np.array([0.1, 0.45, 0.25, 0.2], np.float32)) == 1
    assert find_level(np.array([0.1, 0.35, 0.25, 0.3], np.float32)) == 2
    assert find_level(np.array([0.1, 0.1, 0.2, 0.6], np.float32)) == 3


def test_a_word_is_left_out_wherever_it_stands_and_nothing_else_is() -> None:
    assert remove_word("Fire! A fire pit, not a campfire.", "fire") == "! A  pit, not a campfire."


def test_words_are_counted_alone_and_in_pairs() -> None:
    assert text_features.extract_terms("It's NOT 42, NOW!!") == [
        "it's",
        "not",
        "#",
        "now",
        "!!",
        "it's not",
        "not #",
        "# now",
        "now !!",
        text_features.CAPITALS_TERM,
    ]
