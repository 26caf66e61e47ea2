"""A person gives the right label."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tests.support.run_rows import receipt, run_of
from tickets.models import Correction, Receipt, Run, Ticket
from triage.learning import examples
from triage.models import Intent
from triage.pipeline import worker


@pytest.fixture
def ticket(db: None) -> Ticket:
    ticket_stories.intents()
    made = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(made)
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


def test_ana_says_that_it_is_none_of_ours_and_that_is_learned(
    as_ana: Client, ticket: Ticket
) -> None:
    address = reverse("triage:relabel", args=[ticket.pk])
    assert as_ana.post(address, {"intent": "none", "why": ""}).status_code == 302
    assert worker.execute_run(ticket.runs.latest("pk").pk)
    ticket.refresh_from_db()
    assert (ticket.label, ticket.labelled_by) == ("", "ana")
    assert "does not look like a request to us: a person said so" in ticket.attention
    assert [row.label for row in examples.load_labelled_tickets()] == [""]
    shown = as_ana.get(Receipt.objects.get(status="overridden").get_absolute_url())
    assert "None of ours" in shown.content.decode()
    page = as_ana.get(ticket.get_absolute_url()).content.decode()
    assert '<span class="label-name">None of ours</span> <span class="label-sure">by ana' in page


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

    monkeypatch.setattr("triage.learning.corrections.run_queue.enqueue_run", broken)
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


def test_what_the_machine_thought_of_is_chosen_at_first(as_ana: Client, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(label="", label_name="")
    receipt(run_of(ticket), "classify", output={"suggestion": "where-is-it"})
    form = as_ana.get(reverse("triage:relabel", args=[ticket.pk])).context["form"]
    assert form["intent"].value() == str(Intent.objects.get(slug="where-is-it").pk)


def test_a_ticket_with_a_label_suggests_nothing(as_ana: Client, ticket: Ticket) -> None:
    form = as_ana.get(reverse("triage:relabel", args=[ticket.pk])).context["form"]
    assert not form["intent"].value()


def test_the_ticket_page_names_who_gave_the_label(as_ana: Client, ticket: Ticket) -> None:
    relabel(as_ana, ticket, "where-is-it")
    shown = as_ana.get(ticket.get_absolute_url()).content.decode()
    assert "by ana" in shown
    assert "not calibrated" not in shown
