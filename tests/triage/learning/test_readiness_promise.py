"""What people really sent says from which chance on ready drafts may be promised."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tests.support.ticket_stories import receipt, run_of
from tickets.models import Draft, Message
from triage.learning.readiness_promise import load_sent_drafts, readiness_job
from triage.models import Job, Limit
from triage.pipeline import jobs, registry

pytestmark = pytest.mark.django_db
WORDS = "one two three four five six seven eight nine ten"
OTHER = "Something else was written by a person in the end."


def sent(by: User, *chances: float, near: bool = True, gap: str = "") -> None:
    """A draft with answers of these chances, sent as it was or written anew."""
    ticket = ticket_stories.ticket(None)
    run = run_of(ticket)
    items = [{"source": "saved reply", "blocker": None, "chance": one} for one in chances]
    receipt(run, "answer", output={"items": items})
    text = WORDS if near else OTHER
    message = Message.objects.create(ticket=ticket, direction="out", author=by, text=text)
    Draft.objects.create(
        ticket=ticket, run=run, composed_by="focal", body=f"{WORDS}{gap}", message=message
    )


def measured() -> dict[str, object]:
    return dict(readiness_job(Job(kind="readiness")))


def test_of_several_answers_the_least_likely_counts(ana: User) -> None:
    sent(ana, 0.9, 0.5)
    sent(ana, 0.8, near=False)
    assert [(one.chance, one.near) for one in load_sent_drafts()] == [(0.8, False), (0.5, True)]


def test_a_reply_in_which_a_person_filled_a_gap_was_not_ready(ana: User) -> None:
    sent(ana, 0.9, gap="\n[Please answer: “Why?”]")
    assert load_sent_drafts() == []


def test_of_few_nothing_is_promised(ana: User) -> None:
    sent(ana, 0.9)
    found = measured()
    assert found["threshold"] is None
    assert "Nothing can be promised of ready drafts yet: 1 were sent" in str(found["sentence"])


def test_from_the_chance_on_that_people_bear_out_it_is_promised(ana: User) -> None:
    for _ in range(40):
        sent(ana, 0.9)
        sent(ana, 0.5, near=False)
    found = measured()
    assert found["threshold"] == 0.9
    assert str(found["sentence"]).startswith("80 of 100 ready drafts leave with at most a tenth")


def test_where_most_are_written_anew_nothing_is_promised(ana: User) -> None:
    for _ in range(50):
        sent(ana, 0.9, near=False)
    assert "cannot be promised: of 50 sent 0 left so" in str(measured()["sentence"])


def test_ada_asks_for_what_the_evidence_asks_for(as_ada: Client, ana: User) -> None:
    for _ in range(40):
        sent(ana, 0.9)
        sent(ana, 0.5, near=False)
    as_ada.post(reverse("triage:measure_readiness"))
    assert jobs.execute_job(Job.objects.get().pk)
    shown = as_ada.get(reverse("triage:answers")).content.decode()
    assert "Ask for 0.90 from now on" in shown
    as_ada.post(reverse("triage:apply_readiness"), {"why": ""})
    assert not Limit.objects.exists()
    as_ada.post(reverse("triage:apply_readiness"), {"why": "drafts were rewritten"})
    assert registry.load_limits()["answer"] == {"reply": 0.9, "clause": 0.9, "ready": 0.8}
    shown = as_ada.get(reverse("triage:answers")).content.decode()
    assert "Drafts are ready from a chance of 0.90 on" in shown
    assert "Ask for" not in shown


def test_where_nothing_was_measured_nothing_changes(as_ada: Client) -> None:
    Job.objects.create(kind="readiness", state="done", result={"threshold": None, "sentence": "x"})
    as_ada.post(reverse("triage:apply_readiness"), {"why": "so"})
    assert not Limit.objects.exists()


def test_every_night_it_is_measured() -> None:
    assert "readiness" in jobs.NIGHTLY_KINDS
