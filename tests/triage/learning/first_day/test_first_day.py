"""ada brings the past, sees what it would have done, and switches on what she ticks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from tests.support.past_tickets import answered
from tickets.models import Draft, Receipt, Run, Ticket
from triage.learning import examples, versions
from triage.learning.first_day.past_labels import find_past_labels
from triage.models import Classifier, Intent, Job, ReplyProposal, SavedReply
from triage.pipeline import jobs

pytestmark = pytest.mark.django_db

GIFTS = (
    "Can you wrap the {} as a gift?",
    "Is gift wrapping possible for the {}?",
    "Please gift wrap my {}",
    "Do you wrap a {} for a birthday?",
)
LEAKS = (
    "My {} leaks from the base",
    "The {} drips water everywhere",
    "There is a leak in the {} I bought",
    "Water runs out of my {}",
)
THINGS = ("kettle", "lamp", "teapot", "vase", "jug", "bowl", "pan", "mug")
WRAP = "Tick “gift” in the basket and any order is wrapped."
LEAK = "Unplug it and send us a photo of the base, then we look at it."


@pytest.fixture
def past() -> list[Ticket]:
    """Sixty-four answered tickets with two labels, in turn."""
    asked = [
        (text.format(thing), told, label)
        for n, thing in enumerate(THINGS)
        for texts, told, label in ((GIFTS, WRAP, "gifts"), (LEAKS, LEAK, "leaks"))
        for text in texts
    ]
    return [
        answered(text, told, number, label=label)
        for number, (text, told, label) in enumerate(asked, 1)
    ]


def learned() -> dict[str, Any]:
    """What the work says that a page asked for."""
    job = Job.objects.filter(kind="past").latest("pk")
    assert jobs.execute_job(job.pk), Job.objects.get(pk=job.pk).error
    return dict(Job.objects.get(pk=job.pk).result)


def test_nothing_is_switched_on_before_ada_says_so(as_ada: Client, past: list[Ticket]) -> None:
    as_ada.post(reverse("triage:learn_past"))
    found = learned()
    assert found["answered"] == 64
    assert {label["slug"] for label in found["labels"]} == {"gifts", "leaks"}
    assert found["replies"] >= 2
    for model in (Intent, SavedReply, Classifier, Draft, Run, Receipt):
        assert not model.objects.exists(), model
    assert set(Ticket.objects.values_list("status", flat=True)) == {"closed"}


def test_the_preview_counts_the_newest_tickets(as_ada: Client, past: list[Ticket]) -> None:
    as_ada.post(reverse("triage:learn_past"))
    tried = learned()["preview"]
    assert (tried["tickets"], tried["learned_from"]) == (16, 48)
    assert tried["right"] <= tried["labelled"] <= 16
    assert tried["ready"] >= 8
    shown = as_ada.get(reverse("triage:first_day")).content.decode()
    assert "What your last 16 tickets would have become" in shown
    assert "drafts beside what was really sent" in shown
    assert "Sent by Ben" in shown


def test_ada_switches_on_what_she_ticks(as_ada: Client, past: list[Ticket]) -> None:
    as_ada.post(reverse("triage:learn_past"))
    learned()
    first, *others = ReplyProposal.objects.all()
    ticked = {"label": ["gifts", "leaks"], "reply": [first.pk], "why": "our first day"}
    as_ada.post(reverse("triage:switch_on"), ticked)
    assert jobs.execute_job(Job.objects.get(kind="switch on").pk)
    said = Job.objects.get(kind="switch on").result
    assert said["sentence"] == "2 labels and 1 saved replies are in use."
    assert set(Intent.objects.values_list("slug", "name")) == {
        ("gifts", "Gifts"),
        ("leaks", "Leaks"),
    }
    version = versions.get_active_version()
    assert version is not None
    assert version.labels == ["gifts", "leaks"]
    activation = version.activations.get()
    assert (str(activation.by), activation.why) == ("ada", "our first day")
    assert SavedReply.objects.count() == 1
    assert ReplyProposal.objects.filter(state="open").count() == len(others)
    assert "reads tickets from now on" in as_ada.get(reverse("triage:first_day")).content.decode()


def test_switching_on_needs_a_reason_and_something_to_switch_on(
    as_ada: Client, past: list[Ticket]
) -> None:
    as_ada.post(reverse("triage:learn_past"))
    learned()
    for typed, problem in (
        ({"label": ["gifts"]}, "This field is required"),
        ({"why": "so"}, "Tick at least one label or one reply"),
        ({"why": "so", "label": ["made-up"]}, "is not one of the available choices"),
    ):
        answer = as_ada.post(reverse("triage:switch_on"), typed)
        assert (answer.status_code, problem in answer.content.decode()) == (422, True), problem
    assert not Job.objects.filter(kind="switch on").exists()


def test_past_labels_are_evidence_as_they_came(past: list[Ticket]) -> None:
    rows = examples.load_past_tickets({"gifts", "leaks"})
    assert len(rows) == 64
    assert all(row.audited and row.ticket for row in rows)
    assert [row for row in examples.load_examples().training if row.label] == []
    assert not any(row.audited for row in examples.load_past_tickets({"gifts"}))
    Intent.objects.create(slug="gifts", name="Gifts")
    assert {row.label for row in examples.load_examples().training} == {"gifts"}


def test_a_label_of_few_tickets_is_none() -> None:
    for number in range(4):
        answered(f"Is it oak {number}?", "It is.", number, label="wood")
    assert find_past_labels() == []


def test_a_file_goes_in_by_the_page_and_is_gone_afterwards(as_ada: Client) -> None:
    row = {
        "external_id": "x",
        "body": "Is it oak?",
        "reply": "All of it is oak.",
        "received_at": "2026-03-01",
    }
    bad = {"external_id": "y", "reply": "It is."}
    file = SimpleUploadedFile("past.jsonl", f"{json.dumps(row)}\n{json.dumps(bad)}".encode())
    as_ada.post(reverse("triage:learn_past"), {"file": file})
    found = learned()
    assert found["import"] == "tickets: 1 created, 1 skipped"
    assert "past.jsonl:2: skipped" in found["problems"][0]
    assert list((Path(settings.DATA) / "imports").iterdir()) == []
    shown = as_ada.get(reverse("triage:first_day")).content.decode()
    assert "too few answered tickets" in shown


def test_a_shop_without_a_past_is_told_what_to_do(as_ada: Client) -> None:
    as_ada.post(reverse("triage:learn_past"))
    assert not jobs.execute_job(Job.objects.get().pk)
    assert "Import past tickets" in as_ada.get(reverse("triage:first_day")).content.decode()


def test_the_page_follows_the_work(as_ada: Client) -> None:
    as_ada.post(reverse("triage:learn_past"))
    job = Job.objects.get()
    shown = as_ada.get(reverse("triage:first_day_progress")).content.decode()
    assert "waiting for a worker" in shown
    Job.objects.filter(pk=job.pk).update(
        state="running", doing="Trying it", percent=70, lease_until="2030-01-01T00:00Z"
    )
    shown = as_ada.get(reverse("triage:first_day_progress")).content.decode()
    assert 'value="70"' in shown
    assert "Trying it" in shown
    rev = f"{job.pk}.running.0.70"
    answer = as_ada.get(reverse("triage:first_day_progress"), {"rev": rev})
    assert answer.status_code == 204


def test_only_a_person_switches_on() -> None:
    job = Job.objects.create(kind="switch on", wanted={"labels": [], "replies": [], "why": "x"})
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert job.error == "Only a person switches anything on."


def test_one_command_does_it_too(past: list[Ticket], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("learn_from_past")
    said = capsys.readouterr().out
    assert "64 answered tickets were read. Proposed: 2 labels" in said
    assert "Of your last 16 tickets" in said
    assert not Intent.objects.exists()


def test_the_command_brings_a_file_in_and_leaves_it_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"external_id": "x", "body": "Is it oak?", "reply": "All of it is oak."}
    file = tmp_path / "past.jsonl"
    file.write_text(json.dumps({**row, "received_at": "2026-03-01"}))
    call_command("learn_from_past", file)
    assert "tickets: 1 created" in capsys.readouterr().out
    assert file.exists()


def test_without_a_past_the_command_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="Import past tickets"):
        call_command("learn_from_past")
