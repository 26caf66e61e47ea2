"""Refused mails are kept, and taken in later."""

from __future__ import annotations

import pytest
from django.db import DataError

from tests.support.raw_mails import letter
from tickets.intake import Effect, mail_retries, mails
from tickets.intake.mail_retries import keep_refused_mail, retry_refused_mail
from tickets.mail.mime import File
from tickets.models import Attachment, RefusedMail, Ticket

pytestmark = pytest.mark.django_db


def test_a_refused_mail_that_can_be_read_now_becomes_a_ticket() -> None:
    refused = keep_refused_mail(letter(), "old.mbox:7", "it had no mail header")
    outcome = retry_refused_mail(refused)
    assert outcome is not None
    assert outcome.did == Effect.CREATED
    refused.refresh_from_db()
    assert refused.ticket == Ticket.objects.get()
    assert refused.taken_in_at is not None


def test_a_mail_that_is_refused_again_says_why_and_stays() -> None:
    refused = keep_refused_mail(b"just words", "a.bin", "an old reason")
    assert retry_refused_mail(refused) is None
    refused.refresh_from_db()
    assert "no mail header" in refused.reason
    assert (refused.attempts, refused.ticket) == (2, None)
    assert not Ticket.objects.exists()


def test_of_a_mail_too_large_only_the_place_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_retries, "MAX_MAIL_BYTES", 10)
    refused = keep_refused_mail(b"x" * 11, "huge.eml", "it is larger than 50 MB")
    assert refused.raw is None
    assert retry_refused_mail(refused) is None
    assert keep_refused_mail(None, "huge.eml", "it cannot be read").pk == refused.pk
    assert RefusedMail.objects.get().reason == "it cannot be read"


def test_a_mail_that_the_database_refuses_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(raw: bytes) -> None:
        Ticket.objects.create(subject="half a mail")
        raise DataError("a row is not what it should be")

    monkeypatch.setattr(mail_retries, "receive_mail", refuse)
    refused = keep_refused_mail(letter(), "a.eml", "an old reason")
    assert retry_refused_mail(refused) is None
    refused.refresh_from_db()
    assert "the database refused it" in refused.reason
    assert not Ticket.objects.exists()


def test_a_photo_counts_as_one_whatever_its_mail_says() -> None:
    photo = b"\x89PNG\r\n\x1a\n a photo"
    files = [File("lamp.jpg", "application/octet-stream", photo)]
    message = mails.receive_mail(letter()).ticket
    assert message is not None
    mails.save_files(message.messages.get(), files)
    assert Attachment.objects.get().content_type == "image/png"
