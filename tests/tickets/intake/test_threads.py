"""A mail finds its ticket by what it answers, our mark or a number; nobody gets in by guessing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.support.delivery_reports import OWN_ADDRESS, SENT_ID, sent_reply
from tickets.intake import Effect, receive_mail
from tickets.mail.thread_tokens import build_reply_address, build_thread_id
from tickets.models import Customer, Message, Order, Ticket

pytestmark = pytest.mark.django_db


def mail_of_ana(
    header: str = "",
    *,
    text: str = "Yes please.",
    sender: str = "Ana Moreno <ana@example.org>",
    to: str = OWN_ADDRESS,
    subject: str = "Re: Lamp broken",
) -> bytes:
    top = f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n"
    own_id = "" if "Message-ID:" in header else "Message-ID: <answer@example.org>\n"
    return f"{top}{own_id}{header}\n\n{text}\n".encode()


def notes(ticket: Ticket) -> str:
    return " ".join(ticket.messages.filter(direction="note").values_list("text", flat=True))


@pytest.mark.parametrize(
    "header",
    [
        f"In-Reply-To: {SENT_ID}",
        f"In-Reply-To: <unknown@example.net> {SENT_ID}",
        f"In-Reply-To: {SENT_ID} <unknown@example.net>",
        f"In-Reply-To: <unknown@example.net>\nIn-Reply-To: {SENT_ID}",
        f'In-Reply-To: Message from Harbour <{OWN_ADDRESS}> of "Mon, 02 Nov 2026" {SENT_ID}',
        f"In-Reply-To: Your message of Monday.\n             {SENT_ID}",
        f"In-Reply-To: {SENT_ID.strip('<>')}",
        f"In-Reply-To: {SENT_ID.replace('@', '@' + chr(10) + ' ')}",
        f"In-Reply-To: <unknown@example.net>\nReferences: {SENT_ID}",
        f"References: <a@example.net>,{SENT_ID},<b@example.net>",
        f"References: <a@example.net>{SENT_ID}<b@example.net>",
        f"REFERENCES: {SENT_ID}\nIN-REPLY-TO:",
        f"In-Reply-To: {SENT_ID.partition('@')[0]}@{SENT_ID.partition('@')[2].upper()}",
    ],
)
def test_every_id_in_every_form_is_looked_for(ana: User, header: str) -> None:
    sent = sent_reply(ana)
    assert receive_mail(mail_of_ana(header)).ticket == sent.ticket


@pytest.mark.parametrize(
    ("first", "answered", "joins"),
    [
        ("<one@MAIL.Example.ORG>", "<one@mail.example.org>", True),
        ("<one@mail.example.org>", "<one@Mail.Example.Org>", True),
        ("<One@mail.example.org>", "<one@mail.example.org>", False),
        ("<one@mail.example.org>", "<one@mail.example.net>", False),
    ],
)
@pytest.mark.usefixtures("ana")
def test_an_id_is_the_same_however_its_domain_is_written(
    first: str, answered: str, joins: bool
) -> None:
    begun = receive_mail(mail_of_ana(f"Message-ID: {first}", subject="Lamp")).ticket
    answer = mail_of_ana(f"In-Reply-To: {answered}\nMessage-ID: <two@example.org>")
    assert (receive_mail(answer).ticket == begun) is joins


def test_our_mark_finds_the_ticket_where_a_service_changed_our_id(ana: User) -> None:
    sent = sent_reply(ana)
    mark = build_thread_id(sent.ticket_id, OWN_ADDRESS)
    header = f"In-Reply-To: <0102@eu.mail.example>\nReferences: {mark} <0102@eu.mail.example>"
    assert receive_mail(mail_of_ana(header)).ticket == sent.ticket


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_our_mark_in_the_address_finds_the_ticket(ana: User, header: str) -> None:
    sent = sent_reply(ana)
    address = build_reply_address(sent.ticket_id, OWN_ADDRESS).upper()
    raw = mail_of_ana(f"{header}: Help <{address}>", to="undisclosed-recipients:;")
    assert receive_mail(raw).ticket == sent.ticket


def test_a_mark_that_we_did_not_sign_opens_a_ticket_of_its_own(ana: User) -> None:
    first, second = sent_reply(ana), sent_reply(ana, "<t2.0123456789@harbourandpine.example>")
    mark = build_thread_id(first.ticket_id, OWN_ADDRESS)
    forged = mark.replace(f".{first.ticket_id}.", f".{second.ticket_id}.")
    assert receive_mail(mail_of_ana(f"References: {forged}")).did == Effect.CREATED
    guessed = f"help+ticket.{second.ticket_id}.{'0' * 20}@harbourandpine.example"
    raw = mail_of_ana("Message-ID: <other@example.org>", to=guessed)
    assert receive_mail(raw).did == Effect.CREATED


def test_a_stranger_with_our_mark_is_named_as_one(ana: User) -> None:
    sent = sent_reply(ana)
    mark = build_thread_id(sent.ticket_id, OWN_ADDRESS)
    raw = mail_of_ana(f"References: {mark}", sender="Jo <jo@example.net>")
    assert receive_mail(raw).ticket == sent.ticket
    assert "jo@example.net, not from the address" in notes(sent.ticket)


@pytest.mark.parametrize("subject", ["Re: Lamp [#{}]", "Lamp, your #{}", "#{} again"])
def test_the_number_in_the_subject_is_the_last_help(ana: User, subject: str) -> None:
    sent = sent_reply(ana)
    raw = mail_of_ana(subject=subject.format(sent.ticket_id))
    assert receive_mail(raw).ticket == sent.ticket


def test_the_number_helps_nobody_else(ana: User) -> None:
    sent = sent_reply(ana)
    raw = mail_of_ana(subject=f"Re: Lamp [#{sent.ticket_id}]", sender="Jo <jo@example.net>")
    assert receive_mail(raw).did == Effect.CREATED


def test_a_number_that_may_be_an_order_is_none_of_ours(ana: User) -> None:
    sent = sent_reply(ana)
    customer = Customer.objects.create(email="ana@example.org")
    Order.objects.create(number=f"HP-{sent.ticket_id}", customer=customer)
    Ticket.objects.update(customer=customer)
    raw = mail_of_ana(subject=f"My order #{sent.ticket_id}")
    assert receive_mail(raw).did == Effect.CREATED


def test_our_own_mail_that_comes_back_is_a_copy(ana: User) -> None:
    sent = sent_reply(ana)
    copy = mail_of_ana(f"Message-ID: {SENT_ID}", text="We refund 20.00.", sender=OWN_ADDRESS)
    assert receive_mail(copy).did == Effect.UNCHANGED
    mark = build_thread_id(sent.ticket_id, OWN_ADDRESS)
    header = f"Message-ID: <0102@eu.mail.example>\nReferences: {mark}"
    renamed = mail_of_ana(header, text="We refund 20.00.", sender=OWN_ADDRESS)
    assert receive_mail(renamed).did == Effect.UNCHANGED


@pytest.mark.parametrize("sender", ["Ana Moreno <ana@example.org>", OWN_ADDRESS])
def test_other_words_under_an_id_of_ours_are_read(ana: User, sender: str) -> None:
    sent = sent_reply(ana)
    raw = mail_of_ana(f"Message-ID: {SENT_ID}", text="The money never came.", sender=sender)
    assert receive_mail(raw).ticket == sent.ticket
    assert Message.objects.filter(text="The money never came.", ticket=sent.ticket).exists()
    assert receive_mail(raw).did == Effect.UNCHANGED
