"""What a mail says of itself is read off its header, and never buries a person's words."""

from __future__ import annotations

import pytest

from tests.support import shop_rows
from tickets.mail.automated import combine_marks, find_header_marks
from tickets.mail.reading import read_mail
from tickets.models import Message, Ticket
from triage.nlu.urgency_rules import MARK_WEIGHTS
from triage.pipeline.case_builder import build_case


@pytest.mark.parametrize(
    ("header", "mark"),
    [
        ("Auto-Submitted: auto-replied", "an automatic reply"),
        ("X-Autoreply: yes", "an automatic reply"),
        ("Precedence: auto_reply", "an automatic reply"),
        ("Precedence: bulk", "sent in bulk"),
        ("X-Spam-Flag: YES", "marked as spam on its way"),
        ("List-Unsubscribe: <mailto:out@list.example>", "a newsletter"),
        ("Return-Path: <>", "written by a mail server"),
        ("Content-Type: multipart/report; report-type=delivery-status", "a delivery report"),
    ],
)
def test_a_header_that_says_so_is_a_mark(header: str, mark: str) -> None:
    raw = f"From: A <a@b.example>\r\n{header}\r\n\r\nHello".encode()
    assert find_header_marks("a@b.example", raw) == (mark,)
    assert mark in MARK_WEIGHTS


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: no", "X-Spam-Flag: NO", "Precedence: normal", "Return-Path: <a@b.example>"],
)
def test_a_header_that_says_nothing_is_none(header: str) -> None:
    assert find_header_marks("a@b.example", f"{header}\r\n\r\nPrecedence: bulk".encode()) == ()


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@mx.example", "Mail System <postmaster@mx.example>"]
)
def test_a_mail_server_is_known_by_its_address(sender: str) -> None:
    assert find_header_marks(sender, b"") == ("written by a mail server",)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\0", b"no header at all", b"Precedence\r\n\r\n"])
def test_what_is_no_mail_has_no_marks(raw: bytes) -> None:
    assert find_header_marks("sue@post.example", raw) == ()


def test_one_message_without_marks_takes_them_from_all() -> None:
    assert combine_marks([("a newsletter",), ("sent in bulk",)]) == ("a newsletter", "sent in bulk")
    assert combine_marks([("a newsletter",), ()]) == ()
    assert combine_marks([]) == ()


@pytest.mark.django_db
def test_an_automatic_reply_that_follows_a_request_marks_nothing() -> None:
    ticket = shop_rows.ticket("Where is my order?")
    raw = b"Auto-Submitted: auto-replied\r\n\r\nI am away."
    Message.objects.create(ticket=ticket, direction="in", text="I am away.", raw=raw)
    assert build_case(ticket).marks == ()
    Ticket.objects.filter(pk=ticket.pk).update(email="mailer-daemon@mx.example")
    Message.objects.filter(ticket=ticket, raw=None).update(sender="mailer-daemon@mx.example")
    assert build_case(ticket).marks == ("written by a mail server", "an automatic reply")


ABSENCE_NOTES = [
    "Auto-Submitted: auto-replied (zimbra; vacation)",
    "Auto-Submitted: auto-generated",
    "X-AutoReply-From: ana@example.org",
    "X-Mail-Autoreply: yes",
    "X-Autoresponder: Vacation 1.0",
    "X-Auto-Reply: yes",
    "Precedence: auto_reply",
    "X-Precedence: auto_reply",
    "Preference: auto_reply",
    "X-FC-MachineGenerated: true",
    "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: ana@example.org",
]
PEOPLES_MAILS = [
    "Auto-Submitted: no",
    "X-Autoreply: no",
    "X-Auto-Response-Suppress: All",
    "X-Auto-Response-Suppress: OOF, AutoReply",
    "X-MS-Exchange-Inbox-Rules-Loop: ana@example.org",
    "List-Id: <family.example.org>",
    "List-Id: <l.example>\nPrecedence: list\nList-Post: <mailto:l@l.example>\n"
    "List-Unsubscribe: <mailto:leave@l.example>",
    "Precedence: bulk",
    "Auto-Submitted: auto-generated\nReply-To: Bea <bea@mail.example>",
]


@pytest.mark.parametrize("header", ABSENCE_NOTES)
def test_an_absence_note_is_known_by_the_headers_that_programs_write(header: str) -> None:
    assert read_mail(f"From: a@example.org\n{header}\n\nI am away.".encode()).is_automatic


@pytest.mark.parametrize("header", PEOPLES_MAILS)
def test_a_person_s_mail_with_such_headers_is_theirs(header: str) -> None:
    assert not read_mail(f"From: a@example.org\n{header}\n\nHello.".encode()).is_automatic
