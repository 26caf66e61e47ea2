"""What the active version says on a ticket: its guarantee, for which target, and its end."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.support import learning_shop
from tests.support.learning_shop import encoder
from triage.contract.outcomes import Guess
from triage.contract.step import EngineUnavailable
from triage.learning import versions
from triage.models import Alarm, Classifier, Intent, Limit
from triage.pipeline import registry

__all__ = ["encoder"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encoder")]


@pytest.fixture
def version(ada: User) -> Classifier:
    """At work, for a target that 56 examples can prove."""
    learning_shop.taxonomy()
    target(0.75)
    made = versions.train_version(by=ada)
    versions.activate_version(made, by=ada, why="it is needed")
    return made


def target(value: float) -> None:
    Limit.objects.update_or_create(step="classify", name="target", defaults={"value": value})


def guess(text: str = "where is my old kettle") -> Guess:
    engine: Any = registry.load_engine("encoder")
    found: Guess = engine.label(text, ())
    return found


def test_the_promise_names_its_version_and_what_it_rests_on(version: Classifier) -> None:
    said = guess()
    assert said.label == "where-is-it"
    promise = said.promise
    assert (promise["version"], promise["sha256"]) == (version.pk, version.sha256)
    assert (promise["target"], promise["valid"], promise["evidence"]) == (0.75, True, "examples")
    assert "not yet on tickets" in promise["sentence"]
    assert promise["label"]["label"] == "where-is-it"


def test_a_label_that_was_wrong_too_often_is_left_to_people(
    version: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    withheld = property(lambda promise: frozenset({"where-is-it"}))
    monkeypatch.setattr("triage.classifier.selective.PrecisionGuarantee.withheld", withheld)
    registry._build_labeller.cache_clear()
    assert not guess().promise["valid"]
    assert "wrong too often" in guess().promise["sentence"]
    assert guess("refund the lamp please").promise["valid"]


def test_the_receipts_weights_are_the_versions_own(version: Classifier) -> None:
    card = registry.load_engine("encoder").card
    assert card.weights == version.sha256
    assert card.settings["encoder_sha256"] == registry.get_encoder_sha256()


def test_another_target_is_in_force_at_once(version: Classifier) -> None:
    target(0.99)
    promise = guess().promise
    assert (promise["target"], promise["valid"]) == (0.99, False)
    assert promise["threshold"] > 1
    assert "cannot be promised yet" in promise["sentence"]
    target(0.75)
    assert guess().promise["valid"]


def test_an_alarm_for_all_ends_every_promise_until_it_ends(version: Classifier) -> None:
    alarm = Alarm.objects.create(classifier=version, because="Nine of ten were wrong.")
    said = guess()
    assert (said.promise["valid"], said.label) == (False, "where-is-it")
    assert (said.threshold or 0) > 1
    alarm.ended_at = timezone.now()
    alarm.save()
    assert guess().promise["valid"]


def test_an_alarm_for_one_label_leaves_the_others(version: Classifier) -> None:
    Alarm.objects.create(classifier=version, label="money-back", because="Wrong.")
    assert guess().promise["valid"]
    assert not guess("refund the kettle please").promise["valid"]


def test_an_alarm_of_another_version_is_none_of_this_ones(version: Classifier, ada: User) -> None:
    Alarm.objects.create(classifier=versions.train_version(by=ada), because="Wrong.")
    assert guess().promise["valid"]


def test_a_target_that_no_promise_can_have_is_said(version: Classifier) -> None:
    target(1.5)
    with pytest.raises(EngineUnavailable, match="between 0.5 and 0.999"):
        registry.load_engine("encoder")


@pytest.mark.parametrize(
    ("column", "value", "because"),
    [("encoder_sha256", "0" * 64, "another encoder"), ("weights", b"old", "are not those")],
)
def test_a_version_that_cannot_be_used_is_unavailable(
    version: Classifier, column: str, value: Any, because: str
) -> None:
    Classifier.objects.filter(pk=version.pk).update(**{column: value})
    registry._load_intent_model.cache_clear()
    with pytest.raises(EngineUnavailable, match=because):
        registry.load_engine("encoder")


def test_a_version_of_another_form_is_unavailable(version: Classifier) -> None:
    sha256 = hashlib.sha256(b"old").hexdigest()
    Classifier.objects.filter(pk=version.pk).update(weights=b"old", sha256=sha256)
    registry._load_intent_model.cache_clear()
    with pytest.raises(EngineUnavailable, match="train it again"):
        registry.load_engine("encoder")


def test_overlapping_intents_are_in_the_report(ada: User) -> None:
    learning_shop.taxonomy()
    twin = Intent.objects.create(slug="refund-status", name="Refund status")
    for number, thing in enumerate(learning_shop.THINGS):
        for start in ("refund the", "money back for my"):
            twin.examples.create(text=f"{start} {thing} {'please' * (number % 2)}")
    report = versions.train_version(by=ada).report
    pair = report["overlaps"][0]
    assert (pair["one"], pair["other"]) == ("money-back", "refund-status")
    assert 3 <= pair["confused"] <= pair["of"] == 40
    assert pair["examples"]


def test_a_target_that_is_no_share_cannot_be_set(as_ada: Client) -> None:
    limit = {"step": "classify", "name": "target", "value": "95", "why": "stricter"}
    page = as_ada.post("/admin/triage/limit/add/", limit).content.decode()
    assert "between 0.5 and 0.999" in page
    as_ada.post("/admin/triage/limit/add/", {**limit, "value": "0.98"})
    assert registry.get_target_precision() == 0.98


def test_a_share_of_strangers_is_between_nothing_and_nine_tenths(as_ada: Client) -> None:
    limit = {"step": "classify", "name": "strangers", "value": "30", "why": "of a hundred"}
    page = as_ada.post("/admin/triage/limit/add/", limit).content.decode()
    assert "between 0 and 0.9" in page
    as_ada.post("/admin/triage/limit/add/", {**limit, "value": "0.2"})
    assert registry.get_stranger_share() == 0.2


def test_the_share_of_strangers_in_force_is_in_the_promise(version: Classifier) -> None:
    Limit.objects.create(step="classify", name="strangers", value=0.6)
    engine: Any = registry.load_engine("encoder")
    assert engine.promised.describe_guarantee("money-back")["strangers"] == 0.6
