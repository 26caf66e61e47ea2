"""A person gives the right label."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests import stories
from tickets.models import Correction, Run, Ticket
from triage.models import Intent


@pytest.fixture
def ticket(db: None) -> Ticket:
    stories.intents()
    made = stories.ticket(stories.marta())
    stories.finished(made)
    made.refresh_from_db()
    return made


def relabel(client: Client, ticket: Ticket, slug: str, **values: str) -> Any:
    intent = Intent.objects.get(slug=slug)
    data = {"intent": str(intent.pk), "why": "It asks where it is", **values}
    return client.post(reverse("triage:relabel", args=[ticket.pk]), data)


def test_ana_corrects_the_label_and_the_steps_run_again(
    as_ana: Client, ticket: Ticket, ana: User
) -> None:
    relabel(as_ana, ticket, "where-is-it")
    ticket.refresh_from_db()
    assert (ticket.label, ticket.confidence, ticket.labelled_by) == ("where-is-it", None, "ana")
    correction = Correction.objects.get()
    assert (correction.before, correction.after, correction.by) == (
        "damaged-item",
        "where-is-it",
        ana,
    )
    assert ticket.runs.order_by("-id")[0].reason == "relabelled"


def test_the_correction_leaves_a_receipt_of_a_person(as_ana: Client, ticket: Ticket) -> None:
    relabel(as_ana, ticket, "where-is-it")
    receipt = ticket.receipts.order_by("-seq")[0]
    assert (receipt.actor_kind, receipt.actor, receipt.status) == ("human", "ana", "overridden")
    shown = as_ana.get(receipt.get_absolute_url()).content.decode()
    assert "Chosen by ana" in shown


def test_what_was_typed_in_the_reply_is_kept(as_ana: Client, ticket: Ticket) -> None:
    seen = as_ana.get(ticket.get_absolute_url()).context["seen"]
    relabel(as_ana, ticket, "where-is-it", seen=seen, text="Half a sentence", note="")
    assert ticket.drafts.get().text == "Half a sentence"


def test_without_a_label_nothing_happens(as_ana: Client, ticket: Ticket) -> None:
    answer = as_ana.post(reverse("triage:relabel", args=[ticket.pk]), {"intent": ""})
    assert answer.status_code == 422
    assert not Correction.objects.exists()


def test_a_label_switched_off_cannot_be_chosen(as_ana: Client, ticket: Ticket) -> None:
    Intent.objects.filter(slug="where-is-it").update(active=False)
    assert relabel(as_ana, ticket, "where-is-it").status_code == 422


def test_all_or_nothing(as_ana: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **values: object) -> Run:
        raise RuntimeError("the queue is away")

    monkeypatch.setattr("triage.relabelling.queue.enqueue", broken)
    with pytest.raises(RuntimeError):
        relabel(as_ana, ticket, "where-is-it")
    ticket.refresh_from_db()
    assert ticket.label == "damaged-item"
    assert not Correction.objects.exists()


def test_htmx_gets_the_fields_for_the_ticket_page(as_ana: Client, ticket: Ticket) -> None:
    url = reverse("triage:relabel", args=[ticket.pk])
    part = as_ana.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'form="reply"' in part
    assert "required" not in part
    assert "<html" in as_ana.get(url).content.decode()
