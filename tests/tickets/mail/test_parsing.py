"""Mails that an editor, a server or a script has bent."""

from __future__ import annotations

import pytest

from tests.support.raw_mails import build_mail
from tickets.mail.parsing import clean_framing
from tickets.mail.reading import UnreadableMail, read_mail

MAIL = (
    b"From: Ana <ana@example.org>\r\nSubject: Lamp\r\nTo: help@shop.example\r\n\r\n"
    b"Please\r\n\r\nrefund."
)


@pytest.mark.parametrize(
    "raw",
    [
        MAIL,
        b"\xef\xbb\xbf" + MAIL,
        b"\r\n\0\r\n" + MAIL,
        MAIL.replace(b"\r\n", b"\r"),
        MAIL.replace(b"\r\n", b"\r\r\n"),
        MAIL.replace(b"From:", b"From :").replace(b"Subject:", b"Subject\t:"),
        b"a broken line\r\n" + MAIL,
        MAIL.replace(b"Subject: Lamp\r\n", b"X: folded\r\nwrongly\r\nSubject: Lamp\r\n"),
        b"From ana@example.org Mon Nov  2 10:00:00 2026\r\n" + MAIL,
        b">From ana@example.org Mon Nov  2 10:00:00 2026\r\n" + MAIL,
        "\ufeff".encode("utf-16-le") + MAIL.decode().encode("utf-16-le"),
    ],
)
def test_a_bent_mail_is_read_like_any_other(raw: bytes) -> None:
    mail = read_mail(raw)
    assert (mail.from_email, mail.subject) == ("ana@example.org", "Lamp")
    assert mail.text.replace("\r", "\n").split() == ["Please", "refund."]
    assert mail.raw == raw


def test_a_mail_of_apple_s_ends_where_its_first_line_says() -> None:
    raw = f"{len(MAIL)}      \n".encode() + MAIL + b'<?xml version="1.0"?><plist></plist>'
    assert read_mail(raw).text.split() == ["Please", "refund."]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64;", b"UGxlYXNl"),
        ('"Base64"', b"UGxlYXNl"),
        ("base-64", b"UGxlYXNl"),
        ("base64 (as ever)", b"UGxlYXNl"),
        ("QP", b"Pl=65ase"),
        ("quoted printable", b"Pl=65ase"),
        ("8-bit", b"Please"),
        ("nothing known", b"Please"),
    ],
)
def test_a_transfer_encoding_is_what_its_program_meant(encoding: str, body: bytes) -> None:
    header = f"Content-Transfer-Encoding: {encoding}"
    assert read_mail(build_mail(body, "text/plain", header)).text == "Please"


def test_words_below_the_header_are_no_header() -> None:
    header = b"From: ana@example.org\nSubject: Trip\nDate: Mon, 2 Nov 2026 09:00:00 +0000\n"
    raw = header + b"My trip\nDate: 3 May\n\nbye"
    assert read_mail(raw).text == "My trip\nDate: 3 May\n\nbye"


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"just words\n", b"\x00\x01", b"Dear shop: hello\n\nbye"]
)
def test_what_is_no_mail_stays_none(raw: bytes) -> None:
    assert clean_framing(raw) == raw.lstrip(b"\n\0")
    with pytest.raises(UnreadableMail):
        read_mail(raw)
