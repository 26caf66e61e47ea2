"""Ada writes saved replies in the admin panel, and is told what does not fit."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.support.ticket_stories import policy
from triage.models import Intent, SavedReply, SavedWording

pytestmark = pytest.mark.django_db
ADD = "/admin/triage/savedreply/add/"
FORM = {
    "title": "A broken lamp",
    "slug": "lamp",
    "active": "on",
    "questions": "It broke\nThe lamp is broken\nWhat now?",
    "intents": ["damaged-item"],
    "why": "asked every day",
    "wordings-TOTAL_FORMS": "1",
    "wordings-INITIAL_FORMS": "0",
    "wordings-MIN_NUM_FORMS": "1",
    "wordings-MAX_NUM_FORMS": "1000",
    "wordings-0-position": "1",
    "wordings-0-text": "Send us a photo of {item}.",
    "wordings-0-states": ["done"],
    "wordings-0-max_days_since_delivery": "30",
    "wordings-0-late": "unknown",
    "wordings-0-final_sale": "unknown",
    "wordings-0-refunded": "unknown",
    "wordings-0-categories": "",
    "wordings-0-clause": "damaged.refund",
    "wordings-0-task": "",
}


@pytest.fixture(autouse=True)
def shop() -> None:
    """One label, one clause."""
    Intent.objects.create(slug="damaged-item", name="Damaged item")
    policy()


def saved(as_ada: Client, address: str = ADD, **changes: Any) -> str:
    """Saves the form; what the page says where it could not be."""
    response = as_ada.post(address, {**FORM, **changes})
    return "" if response.status_code == 302 else response.content.decode()


def test_what_ada_saves_is_in_force_and_knows_its_clause(as_ada: Client) -> None:
    assert saved(as_ada) == ""
    wording = SavedWording.objects.get()
    assert (wording.states, wording.max_days_since_delivery, wording.late) == (["done"], 30, None)
    assert len(wording.clause_sha256) == 64
    assert wording.reply.questions == ["It broke", "The lamp is broken", "What now?"]


def test_a_change_is_the_next_revision(as_ada: Client) -> None:
    saved(as_ada)
    reply, wording = SavedReply.objects.get(), SavedWording.objects.get()
    changed = {
        "wordings-INITIAL_FORMS": "1",
        "wordings-0-id": str(wording.pk),
        "wordings-0-reply": str(reply.pk),
        "wordings-0-clause": "",
    }
    assert saved(as_ada, f"/admin/triage/savedreply/{reply.pk}/change/", **changed) == ""
    reply.refresh_from_db()
    wording.refresh_from_db()
    assert (reply.revision, wording.clause, wording.clause_sha256) == (2, "", "")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"questions": "It broke"}, "Write at least 3"),
        ({"wordings-0-text": "It costs {amount}."}, "There is no value {amount}"),
        ({"wordings-0-text": "We will refund you £20.00."}, "reads as if money were given"),
        ({"wordings-0-clause": "damaged.refnd"}, "Did you mean damaged.refund?"),
        ({"why": ""}, "This field is required"),
        ({"wordings-0-min_days_since_delivery": "31"}, "The most days cannot be fewer"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_kept(
    as_ada: Client, changes: dict[str, Any], says: str
) -> None:
    assert says.replace("'", "&#x27;") in saved(as_ada, **changes)
    assert not SavedReply.objects.exists()


def test_the_last_wording_cannot_be_taken_away(as_ada: Client) -> None:
    saved(as_ada)
    reply, wording = SavedReply.objects.get(), SavedWording.objects.get()
    gone = {
        "wordings-INITIAL_FORMS": "1",
        "wordings-0-id": str(wording.pk),
        "wordings-0-reply": str(reply.pk),
        "wordings-0-DELETE": "on",
    }
    said = saved(as_ada, f"/admin/triage/savedreply/{reply.pk}/change/", **gone)
    assert "A saved reply needs at least one wording." in said
    assert SavedWording.objects.exists()


def test_ana_may_not(as_ana: Client) -> None:
    assert as_ana.post(ADD, FORM).status_code in (302, 403)
    assert not SavedReply.objects.exists()


def test_the_form_speaks_plainly(as_ada: Client) -> None:
    shown = as_ada.get(ADD).content.decode()
    for said in (
        "does not matter",
        "The delivery is late",
        "Most days since delivery",
        "Short name",
    ):
        assert said in shown
