"""Outlook's containers and S/MIME, opened into ordinary mails."""

from __future__ import annotations

from base64 import b64encode

import pytest
from asn1crypto import cms

from tests.support.outlook_files import build_compound_file, build_msg, build_tnef
from tests.support.raw_mails import build_mail, build_parts
from tickets.mail.containers import (
    MAX_TNEF_OBJECTS,
    UnopenedContainer,
    open_msg,
    open_smime,
    open_tnef,
)
from tickets.mail.reading import UnreadableMail, read_mail

JPEG = b"\xff\xd8\xff\xe0 a photo"
TNEF = build_tnef("Please refund HP-10423, ä lamp.", {"lamp.jpg": JPEG, "Rechnung ü.pdf": b"%PDF"})
MSG = build_msg("Lämp", "Please refund HP-10423.", "ana@example.org", {"lamp.jpg": JPEG})


def attach(name: str, kind: str, content: bytes, text: bytes = b"see file") -> bytes:
    head = f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    body = head.encode() + b64encode(content)
    return build_parts(b"Content-Type: text/plain\r\n\r\n" + text, body)


def seal(kind: str, inner: bytes) -> bytes:
    """A CMS file of that kind around these bytes, without signers."""
    holder = {"content_type": "data", "content": inner}
    if kind == "enveloped_data":
        return bytes.fromhex("300d06092a864886f70d010703a000")
    signed = {
        "version": "v1",
        "digest_algorithms": [],
        "encap_content_info": holder,
        "signer_infos": [],
    }
    data: bytes = cms.ContentInfo({"content_type": kind, "content": signed}).dump()
    return data


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("winmail.dat", "application/ms-tnef"),
        ("winmail.dat", "application/octet-stream"),
        ("noname", "application/vnd.ms-tnef"),
    ],
)
def test_the_files_in_a_winmail_dat_are_files_of_the_mail(name: str, kind: str) -> None:
    mail = read_mail(attach(name, kind, TNEF))
    assert [file.name for file in mail.attachments] == ["lamp.jpg", "Rechnung ü.pdf"]
    assert mail.attachments[0].content == JPEG
    assert mail.text == "see file\n\nPlease refund HP-10423, ä lamp."


def test_a_mail_that_is_a_winmail_dat_has_its_text() -> None:
    mail = read_mail(build_mail(TNEF, "application/ms-tnef", "Content-Transfer-Encoding: 8bit"))
    assert mail.text == "Please refund HP-10423, ä lamp."


@pytest.mark.parametrize(
    "content", [b"not what it says", TNEF[:6] + (b"\x01\x07\x90\x06" + b"\0" * 7) * 3]
)
def test_a_winmail_dat_that_stays_closed_is_kept_with_a_note(content: bytes) -> None:
    mail = read_mail(attach("winmail.dat", "application/ms-tnef", content))
    assert mail.text == "see file"
    assert [file.content for file in mail.attachments] == [content]
    assert "winmail.dat, which could not be opened" in mail.notes[0]


def test_a_winmail_dat_without_its_end_is_opened_and_kept() -> None:
    mail = read_mail(attach("winmail.dat", "application/ms-tnef", TNEF[:-20]))
    assert [file.name for file in mail.attachments][0::2] == ["lamp.jpg", "winmail.dat"]
    assert mail.notes == (
        "winmail.dat came without its end: the last of its files may not be whole.",
    )


def test_a_winmail_dat_of_many_parts_is_not_opened() -> None:
    many = TNEF[:6] + (b"\x01" + b"\0" * 10) * (MAX_TNEF_OBJECTS + 2)
    with pytest.raises(UnopenedContainer, match="more parts"):
        open_tnef(many)


def test_a_mail_saved_in_outlook_is_kept_with_its_files_and_its_words() -> None:
    mail = read_mail(attach("old mail.msg", "application/vnd.ms-outlook", MSG))
    assert [file.name for file in mail.attachments] == ["old mail.msg", "lamp.jpg"]
    assert mail.text == "see file"
    assert mail.notes == (
        "old mail.msg is a mail that was saved in Outlook. It says:\n\nPlease refund HP-10423.",
    )


def test_a_mail_saved_in_outlook_is_taken_in_like_any_other() -> None:
    mail = read_mail(MSG)
    assert (mail.subject, mail.text) == ("Lämp", "Please refund HP-10423.")
    assert mail.from_email == "ana@example.org"
    assert [file.name for file in mail.attachments] == ["lamp.jpg"]


@pytest.mark.parametrize("damaged", [MSG[:600], MSG[:8] + b"\xff" * 2_000, build_compound_file({})])
def test_a_damaged_msg_says_so(damaged: bytes) -> None:
    with pytest.raises(UnopenedContainer):
        open_msg(damaged)
    with pytest.raises(UnreadableMail, match=r"save it as \.eml"):
        read_mail(damaged)
    assert (
        "could not be opened" in read_mail(attach("a.msg", "application/x-msg", damaged)).notes[0]
    )


def test_a_signed_mail_has_its_text() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nPlease refund HP-10423, the lamp is broken."
    kind = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"
    body = b64encode(seal("signed_data", inner))
    mail = read_mail(build_mail(body, kind, "Content-Transfer-Encoding: base64"))
    assert mail.text == "Please refund HP-10423, the lamp is broken."
    assert (mail.attachments, mail.notes) == ((), ())


@pytest.mark.parametrize(
    ("content", "note"),
    [(seal("enveloped_data", b""), "no key for it here"), (b"nothing", "is damaged")],
)
def test_what_needs_a_key_is_kept_with_a_note(content: bytes, note: str) -> None:
    with pytest.raises(UnopenedContainer, match=note):
        open_smime(content)
    kind = "application/pkcs7-mime; name=smime.p7m"
    mail = read_mail(build_mail(b64encode(content), kind, "Content-Transfer-Encoding: base64"))
    assert mail.text == ""
    assert [file.name for file in mail.attachments] == ["smime.p7m"]
    assert note in mail.notes[0]
