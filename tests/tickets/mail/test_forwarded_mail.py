"""What a colleague forwards is found below its headers, or in the attached mail."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tickets.mail.forwarded_mail import find_forward

OWN = "help@harbourandpine.example"
GMAIL = (
    "---------- Forwarded message ---------\nFrom: Ana Moreno <ana@example.org>\n"
    f"Date: Mon, Nov 2, 2026 at 10:00 AM\nSubject: Lamp\nTo: <{OWN}>\n\n\n"
)
OUTLOOK = (
    "Von: Ana Moreno <ana@example.org>\nGesendet: Montag, 2. November 2026 10:00\n"
    "An: Tom\nBetreff: Lampe\n\n"
)
OLD_OUTLOOK = OUTLOOK.replace("<ana@", "[mailto:ana@").replace("org>", "org]")
APPLE = "Anfang der weitergeleiteten Nachricht:\n\n> " + OUTLOOK.strip().replace("\n", "\n> ")


def forwarding(text: str, to: str = OWN) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Tom <tom@harbourandpine.example>", to
    mail["Subject"] = "Fwd: Lamp"
    mail.set_content(text)
    return bytes(mail)


@pytest.mark.parametrize("headers", [GMAIL, OUTLOOK, OLD_OUTLOOK])
def test_the_mail_below_its_headers_is_the_customer_s(headers: str) -> None:
    found = find_forward(forwarding(f"Please look.\n\n{headers}My lamp broke.\n"), OWN)
    assert found
    assert (found.writer.name, found.writer.email) == ("Ana Moreno", "ana@example.org")
    assert (found.body.text, found.remark) == ("My lamp broke.", "Please look.")


def test_a_forward_that_apple_mail_quotes_is_read_without_its_marks() -> None:
    found = find_forward(forwarding(f"See below.\n\n{APPLE}\n> \n> My lamp broke.\n"), OWN)
    assert found
    assert (found.body.text, found.remark) == ("My lamp broke.", "See below.")


def test_of_a_forward_of_a_forward_the_customer_s_counts() -> None:
    inner = OUTLOOK.replace("Ana Moreno <ana@example.org>", "Eva <eva@harbourandpine.example>")
    found = find_forward(forwarding(f"{inner}Who takes this?\n\n{GMAIL}My lamp broke.\n"), OWN)
    assert found
    assert (found.writer.email, found.body.text) == ("ana@example.org", "My lamp broke.")


def test_an_attached_mail_is_read_with_its_files() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["From"], inner["Subject"] = "Ana Moreno <ana@example.org>", "Lamp"
    inner.set_content("My lamp broke.")
    inner.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="a.png")
    outer["From"], outer["To"] = "tom@harbourandpine.example", OWN
    outer.set_content("Please look.")
    outer.add_attachment(inner)
    found = find_forward(bytes(outer), OWN)
    assert found
    assert (found.writer.email, found.body.text) == ("ana@example.org", "My lamp broke.")
    assert [file.name for file in found.files] == ["a.png"]


@pytest.mark.parametrize(
    "raw",
    [
        forwarding("My own lamp broke."),
        forwarding(f"We take it back.\n\n{OUTLOOK}My lamp broke.", to=f"ana@example.org, {OWN}"),
        forwarding("Hi\n\n" + OUTLOOK.replace("ana@example.org", "noreply@carrier.example")),
    ],
)
def test_an_answer_or_a_question_of_a_colleague_s_own_is_none(raw: bytes) -> None:
    assert find_forward(raw, OWN) is None
