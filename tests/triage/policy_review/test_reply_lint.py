"""The check of policies looks at saved replies, too."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.support.ticket_stories import policy
from triage.contract.saved_reply import compute_text_sha256
from triage.models import Clause, Intent, SavedReply, SavedWording
from triage.pipeline.registry import build_clause
from triage.policy_review.reply_lint import find_reply_problems

pytestmark = pytest.mark.django_db
TEXT = "You can return an unused lamp within 30 days of delivery."


def problems(**wording: Any) -> str:
    """What is found of a reply that rests on the clause, if its wording is so."""
    clause = policy()
    Clause.objects.filter(pk=clause.pk).update(text=TEXT)
    Intent.objects.create(slug="damaged-item", name="Damaged item")
    reply = SavedReply.objects.create(
        slug="lamp", title="Lamps", questions=["?"], intents=wording.pop("intents", [])
    )
    usual = {"text": "Yes.", "clause": clause.ref, "clause_sha256": compute_text_sha256(TEXT)}
    SavedWording.objects.create(reply=reply, **{**usual, **wording})
    rows = Clause.objects.select_related("version__policy")
    found = find_reply_problems(list(map(build_clause, rows)), date(2026, 11, 20))
    return " ".join(sentence for sentence, _, _ in found)


@pytest.mark.parametrize(
    "wording",
    [{}, {"max_days_since_delivery": 30}, {"min_days_since_delivery": 31}, {"states": ["done"]}],
)
def test_what_says_what_its_clause_says_is_no_problem(wording: dict[str, Any]) -> None:
    assert problems(**wording) == ""


@pytest.mark.parametrize(
    ("wording", "says"),
    [
        ({"max_days_since_delivery": 28}, "asks for 28 days since delivery"),
        ({"min_days_since_delivery": 30}, "asks for 29 days since delivery"),
        ({"clause_sha256": "0" * 64}, "says something else now"),
        ({"clause": "lamps.gone"}, "is in no policy in force"),
        ({"intents": ["no-such"]}, "is for no-such, which is no label any more"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(wording: dict[str, Any], says: str) -> None:
    assert says in problems(**wording)
