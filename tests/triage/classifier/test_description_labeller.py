"""A shop without an example gets suggestions from the names of its labels, and no label."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.case_values import case
from triage.classifier.description_labeller import MIN_COSINE, DescriptionLabeller
from triage.contract.case import Intent
from triage.contract.step import EngineError, Rung, Status
from triage.pipeline import registry
from triage.pipeline.runner import climb_ladder
from triage.steps.classify import step

LATE = Intent(slug="late", name="late delivery", description="A parcel has not come in time.")
BACK = Intent(slug="back", name="return", description="Wants to send something back.")
INTENTS = (LATE, BACK)


@pytest.fixture(scope="module")
def labeller() -> DescriptionLabeller:
    encoder = registry.load_encoder()
    return DescriptionLabeller(
        encoder, registry.load_multilingual_encoder, lambda text, language: None
    )


@pytest.mark.parametrize(
    ("text", "language", "slug"),
    [
        ("my package should have been here on Monday", "en", "late"),
        ("how do I return these boots", "", "back"),
        ("Mein Paket ist immer noch nicht da", "de", "late"),
        ("Quiero devolver el abrigo", "es", "back"),
    ],
)
def test_the_nearest_name_is_suggested(
    labeller: DescriptionLabeller, text: str, language: str, slug: str
) -> None:
    guess = labeller.label(text, INTENTS, language)
    assert (guess.label, guess.confidence) == (slug, None)
    assert guess.runner_up in {"late", "back"} - {slug}


def test_it_is_a_suggestion_for_a_person_and_never_a_label(labeller: Any) -> None:
    text = "how do I return these boots"
    found = climb_ladder(
        step,
        case(subject="", text=text, intents=INTENTS),
        [Rung(name="encoder", load=lambda: labeller)],
        step.limits,
    )
    assert found.status == Status.ABSTAINED
    assert (found.output.label, found.output.suggestion) == ("", "back")
    assert "no examples were learned from yet" in found.output.promise["sentence"]


@pytest.mark.parametrize("text", ["", "  ", "quadratic equations homework"])
def test_what_is_like_no_name_gets_no_suggestion(labeller: DescriptionLabeller, text: str) -> None:
    with pytest.raises(EngineError):
        labeller.label(text, INTENTS)


def test_without_labels_there_is_nothing_to_suggest(labeller: DescriptionLabeller) -> None:
    with pytest.raises(EngineError, match="no labels"):
        labeller.label("where is my parcel", ())


def test_one_label_has_no_runner_up(labeller: DescriptionLabeller) -> None:
    assert labeller.label("my parcel is late", (LATE,)).runner_up == ""
    assert 0 < MIN_COSINE < 1


def test_the_engine_says_what_it_compares_with(labeller: DescriptionLabeller) -> None:
    assert labeller.card.settings["compared_with"] == "names and descriptions"
