"""Past messages say how well questions find their replies, and the weights are fitted on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from triage.learning import reply_calibration
from triage.learning.reply_calibration import Matched
from triage.retrieval.reply_matching import ReplyWeights
from triage.saved_replies.reply_files import STARTER

QUESTIONS = (
    ("Has my parcel left you yet?", "has-it-been-sent"),
    ("What is the tracking code of my parcel?", "tracking-number"),
    ("Do you sell umbrellas?", ""),
)


def matched(chance: float) -> Matched:
    """Two examples: one whose reply is the nearest by so much, one that has none."""
    features = np.zeros((2, 2, 5), np.float32)
    features[0, 0] = chance
    return Matched(features, np.eye(2, dtype=bool), np.array([0, -1]))


def test_what_separates_right_from_wrong_gets_the_weight() -> None:
    weights = reply_calibration.fit_weights(matched(1.0), "here")
    assert min(weights.weights) > 1
    assert weights.compute_chances(matched(1.0).features)[0, 0] > 0.9


def test_a_report_counts_what_is_matched_and_what_of_it_rightly() -> None:
    lines = list(
        reply_calibration.describe_matching(ReplyWeights((2.0, 0, 0, 0, 0), 0.0), matched(1.0))
    )
    assert lines[4] == "from 0.5: 1 matched, 1 rightly; 1 of 1 found"


@pytest.mark.django_db
def test_a_shop_measures_its_own_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "messages.jsonl"
    rows = [
        {"subject": "", "text": text, "label": "x", "reply": reply} for text, reply in QUESTIONS
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    call_command("evaluate_replies", STARTER, file)
    said = capsys.readouterr().out
    assert "one thing asked, 3 questions:" in said
    assert "two in one mail" in said
