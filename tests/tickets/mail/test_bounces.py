"""A server's report is read in its fields, or in the words of servers that write none."""

from __future__ import annotations

import base64

import pytest

from tests.support.delivery_reports import (
    HEADER,
    SENT_ID,
    delivery_fields,
    formal_report,
    plain_report,
)
from tickets.mail.bounces import Fate, Report
from tickets.mail.reading import read_mail

EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered. This is a permanent error.
The following address(es) failed:

  ana@example.org
    550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <help@harbourandpine.example>
"""
EXIM_LATE = """A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours. No action is required on your part.

"""
QMAIL = """Hi. This is the qmail-send program at mx.example.net.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.org>:
Remote host said: 550 5.1.1 User unknown

--- Below this line is a copy of the message.

Received: (qmail 123 invoked by uid 0); 2 Nov 2026 09:00:00 -0000
"""
GMAIL = """Delivery to the following recipient failed permanently:

     ana@example.org

550 5.1.1 User unknown

   ----- Original message -----

X-Google-DKIM-Signature: v=1
"""
DRAGONFLY = "There was an error delivering your mail to <ana@example.org>.\n550 5.1.1 no\n\n"


def report_in(raw: bytes) -> Report:
    found = read_mail(raw).report
    assert found
    return found


@pytest.mark.parametrize(
    "raw",
    [
        formal_report(),
        formal_report(returned=("text/rfc822-headers", HEADER)),
        formal_report(returned=("message/global", f"{HEADER}\n")),
        formal_report(returned=("message/global-headers", HEADER)),
        formal_report(kind="multipart/mixed", returned=("text/rfc822-headers", HEADER)),
        formal_report(fields=delivery_fields().upper()),
        plain_report(EXIM + HEADER, X_Failed_Recipients="ana@example.org"),
        plain_report(QMAIL + HEADER, Return_Path="<>", From="Daemon <q@mx.example.net>"),
        plain_report(GMAIL + HEADER, From="Mail Delivery <mailer-daemon@googlemail.example>"),
        plain_report(DRAGONFLY + HEADER, From="MAILER-DAEMON <>"),
        plain_report("550 5.1.1 no\n\n" + HEADER.replace("\n", "\n> ")),
        plain_report("550 5.1.1 no\n\n    " + HEADER.replace("\n", "\n    ")),
        formal_report().replace(b"\n", b"\r\n"),
    ],
)
def test_a_report_says_which_mail_failed_and_why(raw: bytes) -> None:
    report = report_in(raw)
    assert report.fate == Fate.FAILED
    assert report.headers["message-id"] == SENT_ID
    assert report.because.startswith("there is no such mailbox (")
    assert report.address.lower() == "ana@example.org"


def test_fields_that_are_encoded_against_the_rules_are_read() -> None:
    fields = base64.encodebytes(delivery_fields().encode()).decode()
    raw = formal_report(fields=fields).replace(
        b"message/delivery-status\n",
        b"message/delivery-status\nContent-Transfer-Encoding: base64\n",
    )
    assert "said no" in report_in(raw).because


@pytest.mark.parametrize(
    ("raw", "fate"),
    [
        (formal_report(fields=delivery_fields("delayed", "4.4.1")), Fate.DELAYED),
        (formal_report(fields=delivery_fields("relayed", "2.0.0")), Fate.DELIVERED),
        (formal_report(fields=delivery_fields("failed", "4.4.7")), Fate.FAILED),
        (plain_report(EXIM_LATE + HEADER, Subject="Warning"), Fate.DELAYED),
        (
            plain_report("THIS IS A WARNING MESSAGE ONLY.\n\n" + HEADER, Subject="Warning"),
            Fate.DELAYED,
        ),
    ],
)
def test_late_and_delivered_are_told_from_failed(raw: bytes, fate: Fate) -> None:
    assert report_in(raw).fate == fate


def test_of_two_recipients_the_one_who_fared_worst_counts() -> None:
    both = delivery_fields("relayed", "2.0.0") + "\n" + delivery_fields().partition("\n\n")[2]
    assert report_in(formal_report(fields=both)).fate == Fate.FAILED


@pytest.mark.parametrize(
    "raw",
    [
        plain_report(QMAIL + HEADER, From="Ana Moreno <ana@example.org>"),
        plain_report(
            f"I am away.\n\n{HEADER}",
            From="Ana <ana@example.org>",
            Return_Path="<>",
            Auto_Submitted="auto-replied (vacation)",
        ),
        formal_report(kind="multipart/mixed", From="Ana Moreno <ana@example.org>"),
    ],
)
def test_what_a_person_or_an_absence_note_quotes_is_no_report(raw: bytes) -> None:
    assert read_mail(raw).report is None
