"""ana says that a label is right: one press, and nothing runs again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tests.support.run_rows import receipt, run_of
from tickets.audit import receipts
from tickets.models import Correction, Ticket
from triage.learning import examples

QUESTION = "Is this label right?"


@pytest.fixture
def ticket(db: None) -> Ticket:
    """Labelled by the model, and drawn by lot for a person to check."""
    ticket_stories.intents()
    made = ticket_stories.ticket(ticket_stories.marta())
    receipt(run_of(made), "classify", output={"audited": True, "label": "damaged-item"})
    Ticket.objects.filter(pk=made.pk).update(
        label="damaged-item", label_name="Damaged item", confidence=0.94, labelled_by="encoder"
    )
    made.refresh_from_db()
    return made


def confirm(client: Client, ticket: Ticket, label: str = "damaged-item", **more: str) -> Any:
    address = reverse("triage:confirm", args=[ticket.pk])
    return client.post(address, {"label": label, **more}, follow=True)


def page(client: Client, ticket: Ticket) -> str:
    return client.get(ticket.get_absolute_url()).content.decode()


def test_ana_is_asked_about_a_ticket_drawn_by_lot(as_ana: Client, ticket: Ticket) -> None:
    assert QUESTION in page(as_ana, ticket)


def test_nobody_is_asked_about_the_others(as_ana: Client, db: None) -> None:
    ticket_stories.intents()
    other = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(other)
    shown = page(as_ana, other)
    assert QUESTION not in shown
    assert "Change label" in shown


def test_a_confirmation_is_a_correction_that_changes_nothing(
    as_ana: Client, ticket: Ticket, ana: User
) -> None:
    runs, revision = ticket.runs.count(), ticket.revision
    shown = confirm(as_ana, ticket).content.decode()
    said = Correction.objects.get()
    assert (said.step, said.before, said.after, said.by) == (
        "classify",
        "damaged-item",
        "damaged-item",
        ana,
    )
    ticket.refresh_from_db()
    assert (ticket.labelled_by, ticket.confidence) == ("encoder", 0.94)
    assert (ticket.runs.count(), ticket.revision) == (runs, revision)
    assert QUESTION not in shown
    assert "found right by ana" in shown


def test_it_leaves_a_receipt_of_a_person(as_ana: Client, ticket: Ticket) -> None:
    confirm(as_ana, ticket)
    made = ticket.receipts.get(step="confirm")
    assert (made.actor_kind, made.actor, made.label) == ("human", "ana", "damaged-item")
    assert list(receipts.verify_chain()) == []
    shown = as_ana.get(made.get_absolute_url()).content.decode()
    assert "Found right by ana" in shown
    assert "the label was given by encoder" in shown


def test_the_models_own_receipt_stays_on_the_page(as_ana: Client, ticket: Ticket) -> None:
    confirm(as_ana, ticket)
    assert as_ana.get(ticket.get_absolute_url()).context["cards"][0].receipt.actor_kind == "model"


def test_pressing_twice_counts_once(as_ana: Client, ticket: Ticket) -> None:
    confirm(as_ana, ticket)
    confirm(as_ana, ticket)
    assert Correction.objects.count() == 1


def test_a_label_that_changed_meanwhile_is_not_confirmed(as_ana: Client, ticket: Ticket) -> None:
    shown = confirm(as_ana, ticket, label="return-request").content.decode()
    assert "has changed meanwhile" in shown
    assert not Correction.objects.exists()


def test_no_label_cannot_be_confirmed(as_ana: Client, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(label="", label_name="")
    confirm(as_ana, ticket, label="")
    assert not Correction.objects.exists()


def test_any_label_can_be_confirmed_where_it_is_changed(as_ana: Client, db: None) -> None:
    ticket_stories.intents()
    other = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(other)
    address = reverse("triage:relabel", args=[other.pk])
    assert "It is right as it is" in as_ana.get(address).content.decode()
    assert (
        "It is right as it is"
        in as_ana.get(address, headers={"HX-Request": "true"}).content.decode()
    )
    confirm(as_ana, other)
    assert "found right by ana" in page(as_ana, other)


def test_a_person_who_gave_the_label_is_not_asked(
    as_ana: Client, ticket: Ticket, ana: User
) -> None:
    Correction.objects.create(ticket=ticket, step="classify", after="damaged-item", by=ana)
    assert QUESTION not in page(as_ana, ticket)


def test_what_was_typed_in_the_reply_is_kept(as_ana: Client, ticket: Ticket) -> None:
    seen = as_ana.get(ticket.get_absolute_url()).context["seen"]
    confirm(as_ana, ticket, seen=seen, text="Half a sentence", note="")
    assert ticket.drafts.get().text == "Half a sentence"


def test_a_confirmed_ticket_is_learned_from(as_ana: Client, ticket: Ticket) -> None:
    confirm(as_ana, ticket)
    row = examples.load_labelled_tickets()[0]
    assert (row.ticket, row.label, row.audited) == (ticket.pk, "damaged-item", True)


def test_sol_is_told_what_an_answer_means_for_the_refund(as_sol: Client, ticket: Ticket) -> None:
    assert "cannot decide on this ticket" in page(as_sol, ticket)


def test_a_person_with_no_role_confirms_nothing(
    client: Client, ticket: Ticket, nobody: User
) -> None:
    client.force_login(nobody)
    assert confirm(client, ticket).status_code == 403
    assert not Correction.objects.exists()
