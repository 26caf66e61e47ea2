"""Several matters by what a version has learned of its own examples, joined two by two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.support.single_texts import SingleTexts
from tests.support.word_vectors import KINDS, embed, written
from triage.classifier.fitting import fit_model
from triage.classifier.intent_model import IntentModel
from triage.classifier.labeller import IntentLabeller
from triage.classifier.multi_intent import detector as multi_intent_detector
from triage.classifier.multi_intent import detector_fitting, synthetic
from triage.contract.step import EngineInfo
from triage.inference.registry import pinned


class Reader(SingleTexts):
    """Each word has its own direction; a text is the sum of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return embed([" ".join(self._words(text)) for text in texts])

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Any, list[Any]]:
        tokens = [embed(self._words(text)).reshape(-1, 384) for text in texts]
        return embed([" ".join(self._words(text)) for text in texts]), tokens

    def locate_tokens(self, text: str) -> list[tuple[int, int]]:
        return [(word.start(), word.end()) for word in re.finditer(r"\S+", text)]

    def _words(self, text: str) -> list[str]:
        return [re.sub(r"\W", "", word).lower() or "-" for word in text.split()]

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        return EngineInfo(name=name, kind="rules", runtime="test", settings=settings)


@cache
def plain() -> IntentModel:
    texts, labels = written(40)
    return fit_model(texts, embed(texts), labels)


@cache
def taught() -> IntentModel:
    texts, labels = written(40)
    return detector_fitting.add_detector(plain(), texts, labels, Reader(), embed(texts))


LATE, MONEY = "please parcel the late courier thanks", "refund money bank about you my"


def found(text: str) -> set[str]:
    return {matter.label for matter in multi_intent_detector.find_matters(text, taught(), Reader())}


@pytest.mark.parametrize("form", ["{} {}", "{}. {}", "{}\n\n{}", "{} and also {}"])
@pytest.mark.parametrize("pair", [(LATE, MONEY), (MONEY, LATE)])
def test_two_matters_are_found_however_they_are_joined(form: str, pair: tuple[str, str]) -> None:
    assert found(form.format(*pair)) == {"late-delivery", "refund-status"}


def test_each_matter_comes_with_its_own_words() -> None:
    matters = multi_intent_detector.find_matters(f"{LATE}. {MONEY}.", taught(), Reader())
    said = {matter.label: matter.words for matter in matters}
    assert "parcel" in said["late-delivery"]
    assert "money" not in said["late-delivery"]
    assert "money" in said["refund-status"]
    assert all(matter.confidence > 0.5 for matter in matters)


def test_three_matters_are_three() -> None:
    text = f"{LATE}. {MONEY}. gift hello card voucher code my"
    assert found(text) == {"late-delivery", "refund-status", "gift-card"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "refund",
        LATE,
        f"{LATE}. the courier tracking delivery parcel",
        f"Hello. {LATE}. Thanks, and have a nice day!\nSam",
        f"{LATE}\n> {MONEY}",
    ],
)
def test_one_matter_stays_one(text: str) -> None:
    assert found(text) == set()


def test_few_texts_about_one_thing_are_taken_for_several() -> None:
    texts, _ = written(40, seed=9)
    assert np.mean([bool(found(text)) for text in texts]) <= 0.03


def test_a_hopeless_text_is_not_read_again() -> None:
    reader = Reader()
    multi_intent_detector.find_matters(LATE, taught(), reader)
    assert reader.asked == []


def test_the_detector_is_kept_with_its_version() -> None:
    again = IntentModel.loads(taught().dumps())
    assert again.several == taught().several
    assert again.dumps() == taught().dumps()


def test_the_same_examples_teach_the_same_detector() -> None:
    texts, labels = written(40)
    again = detector_fitting.add_detector(plain(), texts, labels, Reader(), embed(texts))
    assert again.dumps() == taught().dumps()


def test_a_version_of_an_earlier_release_goes_on_by_the_rule() -> None:
    old = IntentModel.loads(plain().dumps())
    assert old.several is None
    labeller = IntentLabeller(Reader(), old, sha256="0" * 64, target=0.9)  # type: ignore[arg-type]
    guess = labeller.label(f"Please {LATE}? Also, when {MONEY}?", ())
    assert {matter.label for matter in guess.matters} <= set(KINDS)
    with pytest.raises(ValueError, match="no detector"):
        multi_intent_detector.find_matters(LATE, old, Reader())


def test_a_labeller_tells_the_matters() -> None:
    reader: Any = Reader()
    labeller = IntentLabeller(reader, taught(), sha256="0" * 64, target=0.9)
    guess = labeller.label(f"{LATE} {MONEY}", ())
    assert {matter.label for matter in guess.matters} == {"late-delivery", "refund-status"}


@pytest.mark.parametrize("each", [4, 15])
def test_too_few_examples_teach_nothing(each: int) -> None:
    texts, labels = written(each)
    model = fit_model(texts, embed(texts), labels)
    assert detector_fitting.add_detector(model, texts, labels, Reader(), embed(texts)) is model


def test_what_a_tuned_encoder_was_shown_is_not_joined() -> None:
    texts, labels = written(60)
    unseen = np.arange(len(texts)) % 2 == 0
    lot = np.random.default_rng(1).permutation(len(texts))
    held, rest = detector_fitting._split_rows(lot, unseen, 0)
    assert unseen[held].all()
    assert not set(held) & set(rest)


def test_the_threshold_lets_through_at_most_two_in_a_hundred() -> None:
    alone = np.random.default_rng(1).random(1000)
    threshold = detector_fitting.find_threshold(alone)
    assert 0.01 <= np.mean(alone >= threshold) <= detector_fitting.MAX_FALSE_SHARE
    assert detector_fitting.find_threshold(np.array([0.2, 0.7])) > 0.7


def test_learning_and_measuring_share_no_phrases() -> None:
    assert not set(synthetic.TRAINING_PHRASES.asides) & set(synthetic.EVALUATION_PHRASES.asides)
    assert (
        synthetic.TRAINING_PHRASES.ways["connective"]
        != synthetic.EVALUATION_PHRASES.ways["connective"]
    )


def test_texts_are_joined_as_their_way_says() -> None:
    random = np.random.default_rng(1)
    bare = synthetic.join_texts(
        "Where is it?", "Stop my order.", "bare", synthetic.TRAINING_PHRASES, random
    )
    assert bare == "where is it stop my order"
    whole = synthetic.join_texts(
        "where is it", "I want it", "sentences", synthetic.TRAINING_PHRASES, random
    )
    assert whole == "Where is it. I want it."


def test_measuring_counts_what_was_found() -> None:
    texts, labels = written(10, seed=3)
    found = detector_fitting.measure_detector(
        taught(), list(zip(texts, labels, strict=True)), Reader(), count=12
    )
    by_way = {one.way: one for one in found}
    assert by_way["bare"].texts == 24
    assert by_way["bare"].right > 0.7
    assert by_way["one matter"].texts == len(texts)
    assert by_way["one matter"].several < 0.05


def test_places_are_those_of_the_tokens() -> None:
    from triage.inference.encoder import Encoder

    encoder = Encoder(pinned.load_entries()["minilm"])
    text = "Where is my parcel?"
    places = encoder.locate_tokens(text)
    assert len(places) == len(encoder.embed_tokens([text])[0])
    assert [text[slice(*place)] for place in places][:2] == ["Where", "is"]


def test_a_detector_is_its_numbers() -> None:
    detector = taught().several
    assert detector
    assert (
        multi_intent_detector.MultiIntentDetector.load_numbers(detector.dump_numbers()) == detector
    )
    assert replace(detector, gate=-1.0) != detector


@pytest.mark.parametrize("teach", [plain, taught])
def test_many_texts_at_once_are_labelled_as_each_alone(teach: Any) -> None:
    reader: Any = Reader()
    labeller = IntentLabeller(reader, teach(), sha256="0" * 64, target=0.9)
    third = "gift hello card voucher code my"
    texts = [LATE, f"{LATE} {MONEY}", f"{LATE}. {MONEY}. {third}", f"{LATE}\n> {MONEY}", MONEY]
    alone = [labeller.label(text, ()) for text in texts]
    assert labeller.label_texts(texts) == alone
    assert {len(guess.matters) for guess in alone} >= ({0, 2, 3} if teach is taught else {0})


def test_many_texts_are_embedded_in_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.classifier.labeller.MAX_BATCH_TEXTS", 40)
    reader: Any = Reader()
    batches: list[int] = []
    read = reader.embed_with_tokens

    def embed_counted(texts: Sequence[str]) -> Any:
        batches.append(len(texts))
        return read(texts)

    reader.embed_with_tokens = embed_counted
    labeller = IntentLabeller(reader, taught(), sha256="0" * 64, target=0.9)
    assert len(labeller.label_texts([f"{LATE} {number}" for number in range(100)])) == 100
    assert batches == [40, 40, 20]
    assert labeller.label_texts([]) == []
