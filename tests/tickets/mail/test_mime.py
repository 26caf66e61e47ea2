"""Which parts of a mail are its text and which are files."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.support.raw_mails import build_mail, build_parts
from tickets.mail.reading import read_mail

PNG = b"\x89PNG\r\n\x1a\n a photo"


def build_text(header: str, text: str = "Please refund HP-10423.") -> bytes:
    return f"{header}\r\n\r\n{text}".encode()


@pytest.mark.parametrize(
    "header",
    [
        'Content-Type: text/plain; name="m.txt"\r\nContent-Disposition: inline; filename=m.txt',
        "Content-Type: text/plain; name=ATT0001.txt",
        "Content-Type: text/html; name=m.html\r\nContent-Disposition: inline",
    ],
)
def test_a_text_with_the_name_of_a_file_is_text(header: str) -> None:
    mail = read_mail(build_parts(build_text(header)))
    assert (mail.text, mail.attachments) == ("Please refund HP-10423.", ())


def test_a_second_text_with_the_name_of_a_file_is_both() -> None:
    header = "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: inline"
    second = build_text(header, "error 5")
    mail = read_mail(build_parts(build_text("Content-Type: text/plain"), second))
    assert mail.text == "Please refund HP-10423.\n\nerror 5"
    assert [(file.name, file.content) for file in mail.attachments] == [("log.txt", b"error 5")]


def test_a_second_text_that_only_has_a_name_is_a_file() -> None:
    second = build_text("Content-Type: text/plain; name=log.txt", "error 5")
    mail = read_mail(build_parts(build_text("Content-Type: text/plain"), second))
    assert mail.text == "Please refund HP-10423."
    assert [(file.name, file.content) for file in mail.attachments] == [("log.txt", b"error 5")]


def test_a_text_and_the_same_as_html_are_one() -> None:
    html = build_text("Content-Type: text/html", "<p>Please refund <b>HP-10423.</b></p>")
    mail = read_mail(build_parts(build_text("Content-Type: text/plain"), html))
    assert mail.text == "Please refund HP-10423."
    assert "<b>HP-10423.</b>" in mail.html


def test_a_mail_that_holds_nothing_but_mails_has_their_words() -> None:
    inner = b"From: ben@example.org\r\nSubject: Inside\r\n\r\nPlease refund."
    part = b"Content-Type: message/rfc822\r\n\r\n" + inner
    mail = read_mail(build_parts(part, part.replace(b"refund", b"answer")))
    assert mail.text == "Please refund.\n\nPlease answer."
    assert [file.name for file in mail.attachments] == ["Inside.eml", "Inside.eml"]
    assert read_mail(build_parts(build_text("Content-Type: text/plain", "Hi"), part)).text == "Hi"


def test_an_attached_text_is_a_file() -> None:
    header = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=log.txt"
    second = build_text(header, "error 5")
    mail = read_mail(build_parts(build_text("Content-Type: text/plain"), second))
    assert (mail.text, mail.attachments[0].name) == ("Please refund HP-10423.", "log.txt")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/jpeg; name=lamp.jpg", "lamp.jpg"),
        ("application/pdf; name=my scan.pdf", "my scan.pdf"),
        ("text/csv; name=a.csv", "a.csv"),
        ("image/png", "attachment.png"),
    ],
)
@pytest.mark.parametrize("disposition", ["inline", "attachment"])
def test_a_mail_that_is_one_file_keeps_it(kind: str, name: str, disposition: str) -> None:
    headers = (f"Content-Disposition: {disposition}", "Content-Transfer-Encoding: base64")
    mail = read_mail(build_mail(b64encode(PNG), kind, *headers))
    assert mail.text == ""
    assert [(file.name, file.content) for file in mail.attachments] == [(name, PNG)]


def test_a_mail_that_is_one_attached_text_is_read_too() -> None:
    raw = build_mail(b"Please refund.", "text/plain; name=a.txt", "Content-Disposition: attachment")
    mail = read_mail(raw)
    assert (mail.text, mail.attachments[0].name) == ("Please refund.", "a.txt")


def test_a_forwarded_mail_in_base64_is_opened() -> None:
    inner = b"From: ben@example.org\r\nSubject: Inside\r\n\r\nPlease refund."
    raw = build_mail(b64encode(inner), "message/rfc822", "Content-Transfer-Encoding: base64")
    mail = read_mail(raw)
    assert (mail.text, mail.attachments[0].name) == ("Please refund.", "Inside.eml")


def test_a_mail_encrypted_with_pgp_says_so_and_keeps_what_came() -> None:
    sealed = b"-----BEGIN PGP MESSAGE-----\r\n\r\nwYwDAAAA\r\n-----END PGP MESSAGE-----"
    parts = (
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
        b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + sealed,
    )
    mail = read_mail(build_parts(*parts).replace(b"multipart/mixed", b"multipart/encrypted"))
    assert (mail.text, [file.name for file in mail.attachments]) == ("", ["encrypted.asc"])
    assert "encrypted with PGP" in mail.notes[0]


def build_versions(plain: str, html: str) -> bytes:
    mail = build_parts(
        build_text("Content-Type: text/plain; charset=utf-8", plain),
        build_text("Content-Type: text/html; charset=utf-8", html),
    )
    return mail.replace(b"multipart/mixed", b"multipart/alternative")


@pytest.mark.parametrize(
    "plain",
    [
        "This message requires an HTML mail reader.",
        "Your mail client does not support HTML.",
        "This is a multi-part message in MIME format.",
        "Diese Nachricht ist im HTML-Format.",
        "Ce message est au format HTML.",
        "Este mensaje necesita un lector de HTML.",
        "To view this mail, open it in your browser: https://mail.example/1",
        "Это письмо в формате HTML.",
    ],
)
def test_a_sentence_in_the_place_of_the_text_gives_way_to_the_html(plain: str) -> None:
    mail = read_mail(build_versions(plain, "<p>Please refund HP-10423, my lamp broke.</p>"))
    assert mail.text == "Please refund HP-10423, my lamp broke."


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("The HTML page of my order is broken.", "<p>The HTML page of my order is broken.</p>"),
        ("Where is it?", "<p>Sent from my iPhone</p>"),
        ("Your page needs an HTML browser.", "<p><img src=x></p>"),
    ],
)
def test_what_a_customer_says_in_plain_text_is_the_text(plain: str, html: str) -> None:
    assert read_mail(build_versions(plain, html)).text == plain
