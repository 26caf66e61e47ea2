"""Who wrote a mail: the person, where a form, a group or a program sent it for them."""

from __future__ import annotations

import pytest

from tickets.mail.reading import Mail, read_mail
from tickets.mail.senders import clean_address

OWN = "help@harbourandpine.example"
REPLY_TO = "Reply-To: Ana Moreno <ana@example.org>"


def mail_from(header: str, text: str = "Please refund my order HP-10423.") -> Mail:
    return read_mail(f"{header}\nSubject: Website\n\n{text}\n".encode(), own_address=OWN)


@pytest.mark.parametrize(
    "sender",
    [
        f"Shop <{OWN}>",
        "Website <wordpress@harbourandpine.example>",
        "Shop website <noreply@forms.example>",
        "no-reply-forms@site.example",
        "bounces+1-ab@em.mailservice.example",
        "contact@site.example",
        "shop@site.example\nX-PHP-Originating-Script: 33:contact.php",
        "'Ana Moreno' via Help <help@lists.example>\nList-Id: <help.lists.example>",
        "Ana via L <l@lists.example>\nList-Post: <mailto:l@lists.example>",
    ],
)
def test_reply_to_says_who_it_is_where_a_program_sent_it(sender: str) -> None:
    mail = mail_from(f"From: {sender}\n{REPLY_TO}")
    assert (mail.from_email, mail.from_name) == ("ana@example.org", "Ana Moreno")
    assert not mail.is_automatic


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ana Moreno\nE-Mail: ana@example.org\nMessage:\nPlease refund HP-10423.",
        "From: Ana Moreno <ana@example.org>\nSubject: Lamp\n\nPlease refund HP-10423.",
        "Adresse e-mail : ana@example.org\n\nBonjour",
    ],
)
def test_a_form_that_only_names_the_writer_in_its_text_is_read_there(text: str) -> None:
    assert mail_from(f"From: Shop <{OWN}>", text).from_email == "ana@example.org"


def test_a_group_keeps_the_first_sender() -> None:
    header = f"From: 'Ana Moreno' via Help <{OWN}>\nX-Original-Sender: ana@example.org"
    mail = mail_from(f"{header}\nReply-To: {OWN}\nList-Id: <help.harbourandpine.example>")
    assert (mail.from_email, mail.from_name) == ("ana@example.org", "Ana Moreno")


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("From: Ana <ana@example.org>\nReply-To: evil@bad.example", "ana@example.org"),
        ("From: noreply@x.example", "noreply@x.example"),
        (f"From: {OWN}\nReply-To: {OWN}", OWN),
        (f"From: {OWN}\nReply-To: noreply@x.example", OWN),
        ("From: Info <info@firm.example>\nReply-To: bob@firm.example", "info@firm.example"),
        ("Sender: ana@example.org", "ana@example.org"),
    ],
)
def test_a_person_s_own_address_counts_before_reply_to(header: str, address: str) -> None:
    assert mail_from(header).from_email == address


@pytest.mark.parametrize(
    "sender",
    [
        "ana.work@corp.example <ana@example.org>",
        '"ana.work@corp.example" <ana@example.org>',
        '"Moreno, Ana <x@y.example>" <ana@example.org>',
        "=?utf-8?q?x=40evil=2Eexample?= <ana@example.org>",
        "ana@example.org (Ana Moreno)",
        "Ana (Work) <mailto:ana@example.org>",
        "Ana < ana@example.org >, Bea <bea@example.org>",
        r'"Ana \"Lamp\" Moreno" <ana@example.org>',
    ],
)
def test_the_address_is_the_one_in_angle_brackets(sender: str) -> None:
    assert mail_from(f"From: {sender}").from_email == "ana@example.org"


@pytest.mark.parametrize("address", ["jörg@exämple.de", "用户@例子.广告", "елена@почта.рф"])
def test_an_address_in_any_script_is_one(address: str) -> None:
    assert clean_address(address) == address
    assert mail_from(f"From: Jo <{address}>").from_email == address


@pytest.mark.parametrize("address", ["jörg", "jö rg@x.de", "@x.de", "jörg@", "jö<x>@x.de", "a@b"])
def test_what_nobody_can_write_to_is_no_address(address: str) -> None:
    assert clean_address(address) == ""


def test_a_blank_within_an_address_makes_nobody_else_the_writer() -> None:
    assert mail_from('From: "ana b"@example.org').from_email == ""
    quoted = mail_from('From: "Moreno, Ana (home)" <ana@example.org>')
    assert (quoted.from_email, quoted.from_name) == ("ana@example.org", "Moreno, Ana (home)")
