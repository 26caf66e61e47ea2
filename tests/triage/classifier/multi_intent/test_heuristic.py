"""Several matters in one message are found by its parts, and one matter stays one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from triage.classifier.intent_model import Judgement
from triage.classifier.multi_intent import heuristic

LABELS = ("late-delivery", "refund-status", "account-help")
CUES = {"parcel": 0, "refund": 1, "password": 2}


class Judge:
    """Knows a label by one word; texts with none or several are unclear to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Judgement:
        self.asked += texts
        shares = np.array([self._shares(text) for text in texts])
        strange = np.where(shares.max(axis=1) > 0.4, 0.05, 0.9)
        return Judgement(
            shares=shares,
            confidence=shares.max(axis=1),
            outside=strange,
            turned_away=strange > 0.5,
        )

    def _shares(self, text: str) -> list[float]:
        named = [label for cue, label in CUES.items() if cue in text]
        odds = [8.0 if label in named else 0.1 for label in range(len(LABELS))]
        return [each / sum(odds) for each in odds]


def found(text: str) -> list[str]:
    return [matter.label for matter in heuristic.find_matters(text, LABELS, Judge())]


@pytest.mark.parametrize(
    "text",
    [
        "Where is my parcel, please? Also, when do I get my refund?",
        "Where is my parcel and when do I get my refund?",
        "1) Please find my parcel\n2) Please send me the refund",
        "Hello there.\n\nMy parcel has not arrived.\n\nI would also like my refund, please.",
    ],
)
def test_two_matters_are_found_however_they_are_joined(text: str) -> None:
    assert sorted(found(text)) == ["late-delivery", "refund-status"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "refund",
        "Where is my parcel?",
        "Where is my parcel? It was due on Monday. Nobody at home has seen the parcel.",
        "Hello. I hope that you are well. Where is my parcel? Many thanks for your help.",
    ],
)
def test_one_matter_is_one_however_long_the_text(text: str) -> None:
    assert found(text) == []


def test_a_matter_comes_with_its_words_and_how_sure_it_is() -> None:
    text = "Where is my parcel, please? Also, when do I get my refund?"
    late, refund = heuristic.find_matters(text, LABELS, Judge())
    assert {late.words, refund.words} == {
        "Where is my parcel, please?",
        "Also, when do I get my refund?",
    }
    assert late.confidence > 0.9


def test_a_text_of_one_part_asks_the_model_nothing() -> None:
    judge = Judge()
    heuristic.find_matters("Where is my parcel?", LABELS, judge)
    assert judge.asked == []


def test_a_very_long_text_is_looked_at_in_part_only() -> None:
    judge = Judge()
    heuristic.find_matters("Where is my parcel, please? " * 400, LABELS, judge)
    assert len(judge.asked) <= 1 + heuristic.MAX_PIECES + 2 * heuristic.MAX_CUTS


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("My mug and my plate are broken.", ["My mug and my plate are broken."]),
        (
            "The mug came broken and can you tell me where the plate is?",
            ["The mug came broken", "can you tell me where the plate is?"],
        ),
        ("Hi. Thanks. Where is it now?", ["Where is it now?"]),
    ],
)
def test_a_text_is_cut_where_both_sides_could_stand_alone(text: str, parts: list[str]) -> None:
    assert [part.words for part in heuristic.split_parts(text)] == parts
