"""Everybody on the team reads the saved replies; ada sees which have to be read again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tests.support.ticket_stories import policy, run_of
from tickets.models import Draft, Message, Ticket
from triage.contract.saved_reply import compute_text_sha256
from triage.models import Intent, SavedReply, SavedWording

pytestmark = pytest.mark.django_db
LIST = reverse("triage:replies")


@pytest.fixture
def lamp() -> SavedReply:
    clause = policy()
    Intent.objects.create(slug="damaged-item", name="Damaged item")
    reply = SavedReply.objects.create(
        slug="lamp", title="A broken lamp", questions=["It broke <b>"], intents=["damaged-item"]
    )
    SavedWording.objects.create(
        reply=reply,
        text="Send a photo.\nThen we look.",
        states=["done"],
        max_days_since_delivery=30,
        clause=clause.ref,
        clause_sha256=compute_text_sha256(clause.text),
        task="Look at the photo",
    )
    return reply


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_ana_reads_what_is_said_when_and_on_what_it_rests(as_ana: Client, lamp: SavedReply) -> None:
    assert "A broken lamp" in page(as_ana, LIST)
    shown = page(as_ana, reverse("triage:reply", args=["lamp"]))
    for said in (
        "For Damaged item",
        "order delivered, days since delivery: at most 30",
        "Send a photo.<br>Then we look.",
        "Look at the photo",
        "It broke &lt;b&gt;",
    ):
        assert said in shown
    assert "Change it" not in shown


def test_ada_is_led_to_those_whose_policy_has_changed(as_ada: Client, lamp: SavedReply) -> None:
    assert "Their policy has changed" not in page(as_ada, LIST)
    SavedWording.objects.update(clause_sha256="0" * 64)
    assert "Their policy has changed" in page(as_ada, LIST)
    shown = page(as_ada, reverse("triage:reply", args=["lamp"]))
    assert "says something else than when this was written" in shown
    assert "Change it" in shown


def test_what_there_is_not_is_not_found(as_ana: Client) -> None:
    assert as_ana.get(reverse("triage:reply", args=["nothing"])).status_code == 404


def test_those_of_the_program_say_so(as_ana: Client) -> None:
    shown = page(as_ana, reverse("triage:reply", args=["where-is-my-order"]))
    assert "It comes with the program" in shown


def sent(by: User, text: str, *paragraphs: tuple[str, str]) -> Ticket:
    """A reply that was sent, from a draft of these paragraphs with what each rests on."""
    ticket = ticket_stories.ticket(None)
    parts = [
        part for said, ref in paragraphs for part in ({"text": said, "ref": ref}, {"text": "\n\n"})
    ]
    Draft.objects.create(
        ticket=ticket,
        run=run_of(ticket),
        composed_by="focal",
        body="\n\n".join(said for said, _ in paragraphs),
        parts=parts,
        message=Message.objects.create(ticket=ticket, direction="out", author=by, text=text),
    )
    return ticket


def test_ada_sees_what_people_made_of_it(as_ada: Client, ana: User, lamp: SavedReply) -> None:
    address = reverse("triage:reply", args=["lamp"])
    assert "No draft with it was sent yet" in page(as_ada, address)
    ours, other = ("Send a photo and we look.", "reply:lamp@1"), ("We ship it.", "reply:ship@1")
    sent(ana, "Hello,\n\nSend a photo and we look.\n\nBye", ours, other)
    changed = sent(ana, "Hello,\n\nSend two photos and we look at once.\n\nBye", ours)
    out = sent(ana, "We sent you another one already.", ours)
    shown = page(as_ada, address)
    assert "1 of 3 times it was sent as it stands" in shown
    assert "Send two photos and we look at once." in shown
    assert f"#{changed.pk}" in shown
    assert f"#{out.pk}" in shown
    assert "taken out" in shown
