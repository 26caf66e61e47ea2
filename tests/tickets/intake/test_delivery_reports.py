"""A reply that did not arrive is seen on the reply, on its ticket and before the next one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support.delivery_reports import (
    HEADER,
    SENT_ID,
    delivery_fields,
    formal_report,
    sent_reply,
)
from tests.support.raw_mails import letter
from tickets.delivery import sending
from tickets.intake import Effect, receive_mail
from tickets.mail.thread_tokens import build_thread_id
from tickets.models import FailedAddress, Message, Ticket
from tickets.queue import run_queue
from triage.pipeline.case_builder import build_case

pytestmark = pytest.mark.django_db


def test_a_report_joins_the_reply_and_the_ticket_is_open_again(ana: User) -> None:
    sent = sent_reply(ana)
    joined = receive_mail(formal_report(Return_Path="<>"))
    sent.refresh_from_db()
    assert (joined.did, joined.ticket) == (Effect.JOINED, sent.ticket)
    assert (sent.delivery, sent.ticket.status) == ("bounced", Ticket.Status.ATTENTION)
    assert "did not arrive: there is no such mailbox" in sent.ticket.attention
    assert sent.ticket.messages.get(direction="in").automatic
    assert not sent.ticket.runs.exists()


def test_a_late_reply_is_late_and_then_lost(ana: User) -> None:
    sent = sent_reply(ana)
    receive_mail(formal_report(fields=delivery_fields("delayed", "4.4.1")))
    sent.refresh_from_db()
    assert (sent.delivery, sent.ticket.status) == ("delayed", Ticket.Status.WAITING)
    receive_mail(formal_report(Message_ID="<later@mx.example.net>"))
    receive_mail(
        formal_report(
            fields=delivery_fields("delayed", "4.4.1"), Message_ID="<out-of-order@mx.example.net>"
        )
    )
    sent.refresh_from_db()
    assert sent.delivery == "bounced"


def test_a_report_of_an_arrival_changes_nothing(ana: User) -> None:
    sent = sent_reply(ana)
    receive_mail(formal_report(fields=delivery_fields("delivered", "2.0.0")))
    sent.refresh_from_db()
    assert (sent.delivery, sent.ticket.status) == ("sent", Ticket.Status.WAITING)


def test_a_mail_service_s_own_id_does_not_hide_which_reply_it_was(ana: User) -> None:
    sent, _ = sent_reply(ana), sent_reply(ana, "<t2.0123456789@harbourandpine.example>")
    mark = build_thread_id(sent.ticket_id, "help@harbourandpine.example")
    header = HEADER.replace(SENT_ID, f"<0102@eu.mailservice.example>\nReferences: {mark}")
    receive_mail(formal_report(returned=("text/rfc822-headers", header)))
    sent.refresh_from_db()
    assert sent.delivery == "bounced"


def test_a_report_without_the_mail_counts_where_one_reply_went_to_that_address(ana: User) -> None:
    sent = sent_reply(ana)
    receive_mail(formal_report(returned=None))
    sent.refresh_from_db()
    assert sent.delivery == "bounced"
    Message.objects.filter(direction="out").update(delivery="sent")
    other = sent_reply(ana, "<t2.0123456789@harbourandpine.example>")
    report = formal_report(returned=None, Message_ID="<again@mx.example.net>")
    assert receive_mail(report).did == Effect.CREATED
    assert set(Message.objects.filter(pk__in=[sent.pk, other.pk]).values_list("delivery")) == {
        ("sent",)
    }


def test_a_report_about_a_mail_that_is_not_ours_opens_nothing(ana: User) -> None:
    sent = sent_reply(ana)
    header = HEADER.replace(SENT_ID, "<x@elsewhere.example>")
    kept = receive_mail(formal_report(returned=("message/rfc822", f"{header}\n"))).ticket
    assert kept
    assert (kept.status, kept.runs.count()) == (Ticket.Status.CLOSED, 0)
    assert kept != sent.ticket


def test_the_next_reply_says_that_the_address_failed_until_its_owner_writes(
    ana: User, as_ana: Client
) -> None:
    sent = sent_reply(ana)
    receive_mail(formal_report())
    page = as_ana.get(sent.ticket.get_absolute_url()).content.decode()
    assert "The last reply to ana@example.org did not arrive" in page
    assert "Send again" in page
    receive_mail(letter(From="Ana Moreno <Ana@example.org>"))
    assert not FailedAddress.objects.exists()


def test_a_reply_that_came_back_can_be_sent_again(ana: User) -> None:
    sent = sent_reply(ana)
    receive_mail(formal_report())
    sending.send_again(sent, by=ana)
    sent.refresh_from_db()
    assert sent.delivery == "queued"


def test_a_ticket_whose_machine_is_at_work_is_left_to_it(ana: User) -> None:
    sent = sent_reply(ana)
    run_queue.enqueue_run(sent.ticket, reason="customer replied")
    receive_mail(formal_report())
    sent.refresh_from_db()
    sent.ticket.refresh_from_db()
    assert (sent.delivery, sent.ticket.status) == ("bounced", Ticket.Status.WAITING)


def test_a_report_is_no_question_of_the_customer_s(ana: User) -> None:
    ticket = receive_mail(letter("My lamp is broken.")).ticket
    assert ticket
    Message.objects.create(ticket=ticket, direction="in", text="550 no", automatic=True)
    assert build_case(ticket).text.strip() == "My lamp is broken."


def test_a_report_twice_changes_nothing_the_second_time(ana: User, settings: Any) -> None:
    sent_reply(ana)
    receive_mail(formal_report())
    assert receive_mail(formal_report()).did == Effect.UNCHANGED
