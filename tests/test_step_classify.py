"""Classify: a label with its confidence, or a person's turn; never a guess."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases import RETURN, STATUS, case
from triage.engines.rules import Person, Phrases
from triage.pipeline import perform
from triage.step import Card, EngineError, Rung, Status
from triage.steps.classify import Guess, step, urgency_of


class Model:
    card = Card(name="model", kind="focal")

    def __init__(self, label: str, confidence: float | None, threshold: float = 0.8) -> None:
        self.guess = Guess(
            label=label, confidence=confidence, basis="model", threshold=threshold, runner_up="x"
        )

    def label(self, text: str, intents: Any) -> Guess:
        return self.guess


def classify(engine: Any, **changes: Any) -> Any:
    return perform(step, case(**changes), [Rung(name="model", load=lambda: engine)], step.limits)


def test_a_sure_label_stands() -> None:
    result = classify(Model("return-request", 0.9))
    assert (result.status, result.output.name) == (Status.OK, "return request")
    assert result.evidence.confidence == 0.9


@pytest.mark.parametrize(
    ("label", "confidence"),
    [("return-request", 0.79), ("return-request", None), ("", 0.99), ("not-ours", 0.99)],
)
def test_what_is_unsure_or_not_ours_is_left_to_a_person(
    label: str, confidence: float | None
) -> None:
    result = classify(Model(label, confidence))
    assert result.status == Status.ABSTAINED
    assert result.output.label == ""


def test_an_admin_can_ask_for_more_than_the_promise_does() -> None:
    rung = Rung(name="model", load=lambda: Model("return-request", 0.9))
    assert perform(step, case(), [rung], {**step.limits, "confidence": 0.95}).status == "abstained"


def test_an_empty_message_is_not_guessed_at() -> None:
    assert classify(Model("return-request", 0.99), subject="", text="").status == Status.ABSTAINED


def test_an_exact_wording_names_a_label_without_a_confidence() -> None:
    result = classify(Phrases())
    assert (result.output.label, result.output.confidence) == ("return-request", None)


def test_two_wordings_name_nothing() -> None:
    with pytest.raises(EngineError, match="2 labels"):
        Phrases().label("Where is my order? I will send it back!", (RETURN, STATUS))


def test_a_persons_label_stands_on_a_message_of_one_word() -> None:
    result = classify(Person(slug="order-status", by="ana"), subject="", text="Photo")
    assert result.output.label == "order-status"


def test_a_persons_label_stands() -> None:
    result = classify(Person(slug="order-status", by="ana"))
    assert (result.output.label, result.output.basis) == ("order-status", "person")
    assert result.served.kind == "human"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Just wondering whether it comes in blue, no rush.", 1),
        ("Where is my order?", 2),
        ("Urgent!", 3),
        ("There is a smell of gas from the stove", 3),
        ("There is a smell of gas from the stove, I need help today", 4),
        ("Third time I write and nobody answers!! I will see a solicitor", 4),
    ],
)
def test_how_soon_it_matters(text: str, level: int) -> None:
    assert urgency_of(text)[0] == level


def test_one_sign_alone_never_makes_it_urgent() -> None:
    level, because = urgency_of("My kettle caught fire.")
    assert (level, because) == (3, ("danger: “caught fire”",))
