"""The part of the ticket page that asks every second while the machine works."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tickets.models import Ticket


def page(client: Client, ticket: Ticket) -> str:
    return client.get(ticket.get_absolute_url()).content.decode()


def progress(client: Client, ticket: Ticket, rev: str) -> Any:
    return client.get(reverse("tickets:progress", args=[ticket.pk]), {"rev": rev})


def test_an_open_run_asks_again_every_second_and_hears_nothing_new(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.classified(ticket_stories.run_of(ticket, "running"))
    shown = as_ana.get(ticket.get_absolute_url())
    assert 'hx-trigger="every 1s"' in shown.content.decode()
    assert "Working on it" in shown.content.decode()
    assert progress(as_ana, ticket, shown.context["rev"]).status_code == 204


def test_a_receipt_appears_when_its_step_is_done(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    run = ticket_stories.run_of(ticket, "running")
    rev = as_ana.get(ticket.get_absolute_url()).context["rev"]
    ticket_stories.classified(run)
    part = progress(as_ana, ticket, rev).content.decode()
    assert "Damaged item" in part
    assert 'hx-trigger="every 1s"' in part
    assert 'id="draft"' not in part


def test_when_the_run_is_over_the_draft_comes_along_and_the_asking_ends(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    part = progress(as_ana, ticket, "old").content.decode()
    assert "hx-trigger" not in part
    assert 'id="draft" hx-swap-oob="true"' in part
    assert "Dear " in part


def test_the_receipts_of_a_later_attempt_stand(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    run = ticket_stories.run_of(ticket, "running")
    ticket_stories.receipt(run, "classify", output={"label": "a", "name": "First try"})
    run.attempt = 2
    ticket_stories.receipt(run, "classify", output={"label": "b", "name": "Second try"})
    shown = page(as_ana, ticket)
    assert "Second try" in shown
    assert "First try" not in shown


def test_a_failed_run_says_that_a_person_goes_on(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(None)
    ticket_stories.run_of(ticket, "failed")
    shown = page(as_ana, ticket)
    assert "a person has to go on" in shown
    assert shown.count("Not reached") == 6
