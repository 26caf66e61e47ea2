"""Two versions side by side on tickets that neither was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from triage.contract.outcomes import Guess, Matter
from triage.contract.step import EngineUnavailable
from triage.learning import comparison
from triage.learning.examples import ExampleSplit, Row
from triage.models import Classifier, Intent
from triage.pipeline import registry

pytestmark = pytest.mark.django_db


class Knows:
    """An engine that answers by heart: text -> changes of a sure and valid guess."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers = answers

    def label_texts(self, texts: Sequence[str], languages: Sequence[str] = ()) -> list[Guess]:
        return [self.label(text) for text in texts]

    def label(self, text: str) -> Guess:
        usual = {
            "confidence": 0.9,
            "basis": "model",
            "threshold": 0.8,
            "promise": {"valid": True},
            "outside": 0.1,
            "outside_threshold": 0.5,
        }
        return Guess(**{**usual, **self.answers[text]})


def compared(
    monkeypatch: pytest.MonkeyPatch,
    truth: Mapping[str, str],
    new: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    Intent.objects.create(slug="money-back", name="Money back")
    rows = tuple(
        Row(text=text, label=label, ticket=n) for n, (text, label) in enumerate(truth.items())
    )
    made = Classifier.objects.create(weights=b"", labels=[])
    old = Classifier.objects.create(weights=b"", labels=[]) if before is not None else None
    engines = {made.pk: Knows(new), **({old.pk: Knows(before or {})} if old else {})}
    monkeypatch.setattr(registry, "load_labeller", lambda pk, reads: engines[pk])
    return comparison.compare_versions(
        made, old, ExampleSplit(training=(), held_back=rows, shared=3)
    )


def says(**answers: str) -> dict[str, dict[str, Any]]:
    return {text: {"label": label} for text, label in answers.items()}


def test_both_are_counted_with_their_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {"a": "money-back", "b": "money-back", "c": "where"}
    found = compared(
        monkeypatch,
        truth,
        says(a="money-back", b="money-back", c="where"),
        says(a="money-back", b="where", c="where"),
    )
    assert (found["new"]["right"]["count"], found["before"]["right"]["count"]) == (3, 2)
    assert found["new"]["right"]["of"] == 3
    assert found["new"]["right"]["low"] == pytest.approx(0.4385, abs=1e-3)  # Wilson, 3 of 3
    assert (found["few"], found["shared"]) == (True, 3)


def test_what_is_unsure_outside_or_several_is_not_automatic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = {"label": "money-back"}
    two = tuple(Matter(label=label, confidence=0.9, words="x") for label in ("money-back", "where"))
    answers: dict[str, dict[str, Any]] = {
        "sure": mine,
        "unsure": {**mine, "confidence": 0.7},
        "outside": {**mine, "outside": 0.6},
        "several": {**mine, "matters": two},
        "unpromised": {**mine, "promise": {"valid": False}},
    }
    found = compared(monkeypatch, dict.fromkeys(answers, "money-back"), answers)
    assert (found["new"]["automatic"]["count"], found["new"]["automatic"]["of"]) == (1, 5)
    assert (found["new"]["automatic_right"]["count"], found["new"]["automatic_right"]["of"]) == (
        1,
        1,
    )
    assert found["new"]["right"]["count"] == 4


def test_outside_is_right_where_a_person_said_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"boats": {"label": "money-back", "outside": 0.9}}
    assert compared(monkeypatch, {"boats": ""}, answers)["new"]["right"]["count"] == 1


def test_tickets_that_flip_are_shown_the_worse_first(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {"a": "money-back", "b": "money-back", "c": "where", "d": "gift"}
    found = compared(
        monkeypatch,
        truth,
        says(a="money-back", b="where", c="where", d="where"),
        says(a="where", b="money-back", c="where", d="money-back"),
    )
    assert [(flip["ticket"], flip["kind"]) for flip in found["flips"]] == [
        (1, "worse"),
        (0, "better"),
        (3, "neither"),
    ]
    assert found["flips"][0] == {
        "ticket": 1,
        "truth": "money-back",
        "before": "money-back",
        "after": "where",
        "kind": "worse",
    }


def test_of_many_flips_twenty_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [str(n) for n in range(50)]
    found = compared(
        monkeypatch,
        dict.fromkeys(texts, "money-back"),
        {text: {"label": "money-back"} for text in texts},
        {text: {"label": "where"} for text in texts},
    )
    assert (len(found["flips"]), found["flipped"], found["few"]) == (20, 50, False)


def test_each_label_says_how_many_it_gains(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(
        monkeypatch,
        {"a": "money-back", "b": "money-back", "c": "where"},
        says(a="money-back", b="money-back", c="where"),
        says(a="where", b="where", c="where"),
    )
    assert found["labels"] == [
        {"label": "money-back", "of": 2, "new": 2, "before": 0},
        {"label": "where", "of": 1, "new": 1, "before": 1},
    ]


def test_a_version_that_can_no_longer_work_is_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(pk: int, reads: bool) -> Any:
        raise EngineUnavailable("another encoder")

    made = Classifier.objects.create(weights=b"", labels=[])
    monkeypatch.setattr(registry, "load_labeller", gone)
    rows = ExampleSplit(training=(), held_back=(Row(text="a", label="", ticket=1),), shared=0)
    made.comparison = comparison.compare_versions(made, None, rows)
    assert made.comparison["new"] is None
    assert comparison.format_comparison(made) == f"Version {made.pk} cannot be used here."
