"""Dates as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.raw_mails import letter
from tickets.mail.mail_dates import parse_mail_date
from tickets.mail.reading import read_mail

MOMENT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "stamp",
    [
        "Mon, 02 Nov 2026 09:59:60 +0100",
        "Mon, 2 Nov 2026 10:00 +0100 (CET)",
        "Mon, 2 Nov 2026 10:00:00 GMT+01:00",
        "Mon, 2 Nov 2026 10:00:00 +01:00",
        "Mon, 2 Nov 2026 10:00:00 UTC+1",
        "Mon, 2 Nov 2026 10:00:00 GMT+1",
        "Mon, 2 Nov 2026 10:00:00 GMT +01:00",
        "Mon, 2 Nov 2026 10:00:00+01:00",
        "Mon, 2 Nov 2026 10:00 +01:00 (CET)",
        "Mon, 2 Nov 2026 04:00:00 -05:00",
        "Mon, 2 Nov 2026 14:30:00 UTC+05:30",
        "Mon Nov 02 2026 10:00:00 GMT+0100 (Central European Standard Time)",
        "Mon., 2 Nov. 2026 10:00:00 +0100",
        "Mon, 2. Nov 2026 10:00:00 +0100",
        "2 November 2026 10:00:00 +01:00",
        "2 Nov 26 09:00:00 UT",
        "Mon Nov  2 09:00:00 2026",
        "2026-11-02T10:00:00+01:00",
        "2026-11-02 10:00:00 +0100",
        "2026-11-02T09:00:00.000Z",
        "2026-11-02 09:00:00 UTC",
        "2026/11/02 09:00:00",
        "2026-11-02T08:59:60Z",
    ],
)
def test_a_date_is_read_in_each_form(stamp: str) -> None:
    assert parse_mail_date(stamp) == MOMENT
    raw = letter().replace(b"Sat, 14 Mar 2026 09:30:00 +0000", stamp.encode())
    assert read_mail(raw).date


@pytest.mark.parametrize(
    "stamp",
    [
        "Mon, 2 Nov 2025 10:00:00 GMT+01:00",
        "Mon, 2 Nov 2025 10:00:00 +01:00",
        "Mon, 2 Nov 2025 10:00:00 UTC+1",
        "2 Nov. 2025 10:00:00 +0100",
        "Sun,\n 2 Nov 2025\n 10:00:00 +01:00",
    ],
)
def test_a_mail_keeps_the_zone_its_program_wrote(stamp: str) -> None:
    raw = b"From: marta@example.com\nSubject: Lamp\nDate: " + stamp.encode() + b"\n\nhi"
    assert read_mail(raw).date == datetime(2025, 11, 2, 9, 0, tzinfo=UTC)


def test_september_is_known_by_four_letters_too() -> None:
    found = parse_mail_date("Tue, 1 Sept 2026 11:00:00 +02:00")
    assert found == datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "2026-13-02T10:00:00Z", "Mon, 31 Feb 2026 09:00:00 +0000", "2026"]
)
def test_what_is_no_date_is_none(stamp: str) -> None:
    assert parse_mail_date(stamp) is None
