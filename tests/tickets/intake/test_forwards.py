"""A colleague's forward is the customer's matter, is shown as one, and can be taken back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support.raw_mails import letter
from tickets.intake import Effect, receive_mail
from tickets.models import Customer, Message, Ticket

pytestmark = pytest.mark.django_db

FORWARDED = (
    "Please look.\n\n---------- Forwarded message ---------\nFrom: Ana Moreno <ana@example.org>\n"
    "Date: Mon, Nov 2, 2026 at 10:00 AM\nSubject: Lamp\nTo: <tom@harbourandpine.example>\n\n\n"
    "My lamp broke. Order HP-10423.\n"
)


def forward(sender: str = "Tom <tom@harbourandpine.example>", text: str = FORWARDED) -> Ticket:
    ticket = receive_mail(letter(text, From=sender, Subject="Fwd: Lamp")).ticket
    assert ticket
    return ticket


def test_the_ticket_is_the_customer_s_whose_mail_was_forwarded() -> None:
    customer = Customer.objects.create(name="Ana Moreno", email="ana@example.org")
    ticket = forward()
    message = ticket.messages.get(direction="in")
    assert (ticket.email, ticket.name, ticket.customer) == (
        "ana@example.org",
        "Ana Moreno",
        customer,
    )
    assert (message.sender, message.forwarded_by) == (
        "ana@example.org",
        "tom@harbourandpine.example",
    )
    assert message.text == "My lamp broke. Order HP-10423."
    assert "Please look." in ticket.messages.get(direction="note").text
    assert receive_mail(bytes(message.raw or b"")).did == Effect.UNCHANGED


def test_a_colleague_is_known_by_the_account_too(ben: User) -> None:
    User.objects.filter(pk=ben.pk).update(email="ben@home.example")
    assert forward("Ben <Ben@home.example>").email == "ana@example.org"


@pytest.mark.parametrize("sender", ["Jo <jo@example.net>", "Jo <jo@gmail.com>"])
def test_what_a_customer_forwards_is_their_own_matter(sender: str, settings: object) -> None:
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@gmail.com>"  # type: ignore[attr-defined]
    assert forward(sender).email == sender.partition("<")[2].strip("<>")


def test_one_click_takes_it_back(as_ana: Client) -> None:
    ticket = forward()
    message = ticket.messages.get(direction="in")
    page = as_ana.get(ticket.get_absolute_url()).content.decode()
    assert "Forwarded by tom@harbourandpine.example" in page
    as_ana.post(reverse("tickets:take_back_forward", args=[message.pk]))
    ticket.refresh_from_db()
    message.refresh_from_db()
    assert (ticket.email, message.sender) == ("tom@harbourandpine.example",) * 2
    assert message.text == "Please look."
    assert "My lamp broke." in message.quoted
    assert (ticket.status, ticket.get_current_run().is_open) == (Ticket.Status.NEW, True)  # type: ignore[union-attr]
    note = Message.objects.filter(direction="note").latest("id")
    assert "not one of ana@example.org" in note.text
    assert str(note.author) == "ana"


def test_taking_back_what_nobody_forwarded_says_so(as_ana: Client) -> None:
    ticket = receive_mail(letter()).ticket
    assert ticket
    message = ticket.messages.get()
    url = reverse("tickets:take_back_forward", args=[message.pk])
    page = as_ana.post(url, follow=True).content.decode()
    assert "not a forwarded one" in page
    message.refresh_from_db()
    assert message.sender == "marta@example.com"


def test_nobody_without_a_role_takes_back(client: Client) -> None:
    message = forward().messages.get(direction="in")
    client.post(reverse("tickets:take_back_forward", args=[message.pk]))
    message.refresh_from_db()
    assert message.forwarded_by
