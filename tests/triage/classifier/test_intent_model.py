"""The intent model: three machines that agree on a label, and evidence from unseen rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from tests.support.single_texts import SingleTexts
from tests.support.word_vectors import embed, embed_with_tokens, written
from triage.classifier import fitting, lssvm
from triage.classifier.fitting import fit_model
from triage.classifier.intent_model import IntentModel
from triage.classifier.labeller import IntentLabeller, build_report
from triage.classifier.selective import NO_THRESHOLD, compute_guarantee
from triage.contract.step import EngineError, EngineInfo
from triage.signals.tfidf import Terms, learn_terms


@cache
def trained(each: int = 40, kinds: int = 6) -> IntentModel:
    texts, labels = written(each, kinds=kinds)
    return fit_model(texts, embed(texts), labels)


class Encoder(SingleTexts):
    def embed(self, texts: list[str]) -> np.ndarray:
        return embed(texts)

    def embed_with_tokens(self, texts: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        return embed_with_tokens(texts)

    def build_engine_info(self, name: str, **settings: object) -> EngineInfo:
        return EngineInfo(name=name, kind="rules", runtime="test", settings=settings)


def labeller(target: float = 0.9, **settings: object) -> IntentLabeller:
    encoder: Any = Encoder()
    more: dict[str, Any] = {"sha256": "0" * 64, "target": target, **settings}
    return IntentLabeller(encoder, trained(), **more)


def test_texts_it_had_not_seen_get_their_label() -> None:
    texts, labels = written(20, seed=2)
    judged = trained().judge_texts(texts, embed(texts))
    guesses = [trained().labels[i] for i in judged.shares.argmax(axis=1)]
    assert np.mean([a == b for a, b in zip(guesses, labels, strict=True)]) > 0.95
    assert judged.shares.sum(axis=1) == pytest.approx(1)


def test_confidence_means_what_it_says() -> None:
    texts, labels = written(60, seed=3)
    model = trained(12)
    judged = model.judge_texts(texts, embed(texts))
    right = np.array([model.labels[i] for i in judged.shares.argmax(axis=1)]) == np.array(labels)
    assert judged.confidence.mean() == pytest.approx(right.mean(), abs=0.06)


def test_the_same_examples_give_the_same_bytes() -> None:
    texts, labels = written(12)
    one, two = (
        fit_model(texts, embed(texts), labels, workers=workers).dumps() for workers in (1, 2)
    )
    assert one == two


def test_a_version_of_an_earlier_release_goes_on_without_strangers() -> None:
    tensors = load(trained().dumps())
    old = save({name: value for name, value in tensors.items() if "stranger" not in name})
    found = compute_guarantee(IntentModel.loads(old).evidence, 0.9)
    assert found.valid
    assert found.strangers == 0
    assert compute_guarantee(trained().evidence, 0.9).strangers == 0.3


def test_of_three_intents_each_is_held_out_in_turn() -> None:
    strange = trained(kinds=3).evidence.strangers
    assert set(strange.intent) == {0, 1, 2}
    assert (strange.guess != strange.intent).all()


def test_two_intents_are_held_against_general_texts() -> None:
    few = ["where is my parcel", "the parcel is late", "money back", "a refund please"] * 5
    general = [f"general text {number}" for number in range(40)]
    labels = ["late", "late", "refund", "refund"] * 5
    model = fit_model(few, embed(few), labels, strangers=(general, embed(general)))
    assert set(model.evidence.strangers.intent) == {-1}
    assert len(model.evidence.strangers) <= 40


def test_bytes_give_the_same_model() -> None:
    again = IntentModel.loads(trained().dumps())
    texts, _ = written(5, seed=4)
    before, after = (
        trained().judge_texts(texts, embed(texts)),
        again.judge_texts(texts, embed(texts)),
    )
    assert np.array_equal(before.shares, after.shares)
    assert np.array_equal(before.outside, after.outside)
    assert again.dumps() == trained().dumps()
    assert compute_guarantee(again.evidence, 0.9) == compute_guarantee(trained().evidence, 0.9)


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x02\0\0\0\0\0\0\0{}"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="train it again"):
        IntentModel.loads(data)


def test_a_text_is_judged_alike_alone_and_among_others() -> None:
    texts, _ = written(8, seed=5)
    together = trained().judge_texts(texts, embed(texts)).shares
    alone = np.concatenate([trained().judge_texts([text], embed([text])).shares for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


def test_an_empty_or_foreign_text_is_judged_without_an_error() -> None:
    judged = trained().judge_texts(["", "ναι"], np.zeros((2, 384), np.float32))
    assert np.isfinite(judged.shares).all()
    assert ((judged.confidence > 0) & (judged.confidence < 1)).all()


def test_the_evidence_is_in_the_order_of_the_examples() -> None:
    texts, labels = written(12)
    labels[5] = labels[30] = ""  # a person said: none of ours
    model = fit_model(texts, embed(texts), labels, audited=[label == "" for label in labels])
    names = [model.labels[i] if i >= 0 else "" for i in model.evidence.truth]
    assert names == labels
    assert np.flatnonzero(model.evidence.audited).tolist() == [5, 30]
    assert "" not in model.labels


def test_the_evidence_is_what_machines_without_the_row_would_have_said() -> None:
    texts, labels = written(15)
    vectors, truth = embed(texts), np.unique(labels, return_inverse=True)[1]
    kernel, wanted = lssvm.compute_kernel(vectors @ vectors.T), lssvm.build_targets(truth, 6)
    out = np.arange(0, len(texts), 7)
    kept = np.setdiff1d(np.arange(len(texts)), out)
    taught = kernel[np.ix_(kept, kept)] + 0.1 * np.eye(len(kept))
    refitted = kernel[np.ix_(out, kept)] @ np.linalg.solve(taught, wanted[kept])
    inverse = lssvm.invert_kernel(kernel, 0.1)
    shortcut = lssvm.predict_without(inverse, inverse @ wanted, wanted, out)
    assert shortcut == pytest.approx(refitted, abs=1e-3)


def test_the_same_words_are_never_on_both_sides_of_a_fold() -> None:
    texts = ["Where is it", "where  is it", "WHERE IS IT", *(f"text {i}" for i in range(30))]
    fold = lssvm.assign_folds(texts, np.arange(33) % 3, 10, seed=1)
    assert fold[0] == fold[1] == fold[2]
    assert set(fold) == set(range(10))


def test_an_intent_with_one_example_can_be_learned_and_never_looks_proven() -> None:
    texts, labels = written(20, kinds=3)
    model = fit_model(
        [*texts, "is a gift card balance shown"],
        embed([*texts, "gift card"]),
        [*labels, "gift-card"],
    )
    assert "gift-card" in model.labels
    alone = compute_guarantee(model.evidence, 0.8).per_label[model.labels.index("gift-card")]
    assert alone.kept is not True


def test_two_intents_are_enough() -> None:
    model = trained(12, kinds=2)
    texts, labels = written(5, seed=7, kinds=2)
    guesses = model.judge_texts(texts, embed(texts)).shares.argmax(axis=1)
    assert [model.labels[i] for i in guesses] == labels


@pytest.mark.parametrize(
    ("each", "kinds", "why"), [(20, 1, "fewer than two intents"), (2, 2, "too few: give at least")]
)
def test_too_little_to_learn_from_is_said(each: int, kinds: int, why: str) -> None:
    texts, labels = written(each, kinds=kinds)
    with pytest.raises(ValueError, match=why):
        fit_model(texts, embed(texts), labels)


def test_of_more_examples_than_there_is_room_for_the_tickets_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "MAX_TRAINING_ROWS", 60)
    texts, labels = written(20)
    audited = [i % 4 == 0 for i in range(len(texts))]
    model = fit_model(texts, embed(texts), labels, audited=audited)
    assert len(model.evidence) == 60
    assert model.evidence.audited.sum() == sum(audited)


def test_terms_weigh_as_the_library_that_learned_them_does() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, _ = written(10)
    terms = learn_terms(texts)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(texts)
    probe = ["the parcel parcel is late", "nothing known here", ""]
    found = terms.build_matrix(probe)[:, : len(terms.words)].toarray()
    assert found == pytest.approx(words.transform(probe).toarray(), abs=1e-6)
    again = Terms.load_tensors(terms.dump_tensors())
    assert (again.build_matrix(probe) != terms.build_matrix(probe)).nnz == 0


# --- as an engine ------------------------------------------------------------------------


def test_a_guess_names_the_promise_in_force_and_what_is_known_of_its_label() -> None:
    guess = labeller().label("hello my parcel is late courier waiting", ())
    assert (guess.label, guess.basis) == ("late-delivery", "model")
    assert guess.confidence is not None
    assert guess.confidence > (guess.runner_up_confidence or 0)
    assert guess.promise["valid"]
    assert guess.threshold == guess.promise["threshold"]
    assert guess.promise["label"]["label"] == "late-delivery"
    assert guess.outside is not None
    assert guess.outside_threshold == trained().detector.threshold


def test_another_target_needs_no_training() -> None:
    lenient, strict = (
        labeller(target).promised.describe_guarantee("refund-status") for target in (0.8, 0.999)
    )
    assert lenient["valid"]
    assert not strict["valid"]
    assert strict["threshold"] == NO_THRESHOLD


@pytest.mark.parametrize("alarms", [{"refund-status"}, {""}])
def test_a_label_under_alarm_is_never_given_by_itself(alarms: set[str]) -> None:
    alarmed = labeller(alarms=alarms)
    guess = alarmed.label("please my refund money bank", ())
    assert guess.label == "refund-status"
    assert guess.threshold == NO_THRESHOLD
    assert not guess.promise["valid"]
    assert alarmed.promised.describe_guarantee("late-delivery")["valid"] is ("" not in alarms)


def test_no_text_is_no_label() -> None:
    with pytest.raises(EngineError, match="no text"):
        labeller().label("  ", ())


def test_the_report_is_out_of_fold() -> None:
    figures = build_report(trained(), compute_guarantee(trained().evidence, 0.9))
    assert figures["examples"] == 240
    assert 0.9 < figures["accuracy"] <= 1
    assert 0 <= figures["calibration_error"] < 0.1
    assert figures["turned_away"] <= 0.06
