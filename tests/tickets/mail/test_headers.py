"""Subjects, names and file names as programs write them."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest

from tests.support.raw_mails import build_mail, build_parts
from tickets.mail.headers import MAX_HEADER_BYTES, decode_header
from tickets.mail.reading import read_mail


def encode_word(text: str, charset: str, codec: str = "") -> str:
    return f"=?{charset}?B?{b64encode(text.encode(codec or charset)).decode()}?="


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            "=?ISO-8859-1?Q?Vorgang 5383: M=F6chten Sie =E4ndern??=",
            "Vorgang 5383: Möchten Sie ändern?",
        ),
        ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOf?= =?UTF-8?Q?e_aus?=", "Grüße aus"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9F\r\n e?=", "Grüße"),
        ("=?utf-8?Q?Best=C3=A4tigung", "Bestätigung"),
        ("Re:=?utf-8*de?q?Gr=C3=BC=C3=9Fe?= HP-10423", "Re:Grüße HP-10423"),
        ("=?utf-8?Q?a?= =?iso-8859-1?Q?=FC?= b", "aü b"),
        ("=?iso-8859-1?Q?5_=80?=", "5 €"),
        (encode_word("朱镕基", "gb2312", "gbk"), "朱镕基"),
        (encode_word("①返金", "shift_jis", "cp932"), "①返金"),
        ("=?x-nothing?Q?Gr=FC=DFe?=", "Grüße"),
        ("1 =? 2 ?= 3", "1 =? 2 ?= 3"),
        ("=?utf-8?X?plain?=", "=?utf-8?X?plain?="),
    ],
)
def test_an_encoded_subject_is_read(value: str, text: str) -> None:
    assert decode_header(value) == text


def test_a_subject_in_bare_bytes_is_read_in_the_charset_of_the_body() -> None:
    subject = "Возврат заказа".encode("koi8-r").decode("ascii", "surrogateescape")
    mail = build_mail("Верните".encode("koi8-r"), "text/plain; charset=koi8-r")
    mail = mail.replace(b"Subject: Lamp", b"Subject: " + "Возврат заказа".encode("koi8-r"))
    assert read_mail(mail).subject == "Возврат заказа"
    assert decode_header(subject, ["koi8-r"]) == "Возврат заказа"


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("=?utf-8?B?5bGx55Sw?= =?utf-8?B?5aSq6YOO?= <ana@example.org>", "山田太郎"),
        ("=?utf-8?Q?J=C3=B6rg_M=C3?= =?utf-8?Q?=BCller?= <ana@example.org>", "Jörg Müller"),
        ("=?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <ana@example.org>", "Müller, Jörg"),
        ('"=?utf-8?Q?J=C3=B6rg?=" <ana@example.org>', "Jörg"),
        ("=?utf-8?Q?=22J=22_=40_home?= <ana@example.org>", '"J" @ home'),
        ("=?iso-8859-1?Q?J=F6rg M=FCller?= <ana@example.org>", "Jörg Müller"),
        ("=?utf-8?Q?J=C3=B6rg?= Moreno <ana@example.org>", "Jörg Moreno"),
        ("ana@example.org (Ana Moreno)", "Ana Moreno"),
        ("<ana@example.org> (=?utf-8?Q?J=C3=B6rg?=)", "Jörg"),
        ("Ana (home) <ana@example.org>", "Ana"),
        ("ana@example.org", ""),
    ],
)
def test_the_name_of_a_sender_is_read(sender: str, name: str) -> None:
    mail = read_mail(f"From: {sender}\r\nSubject: Lamp\r\n\r\nhi".encode())
    assert (mail.from_name, mail.from_email) == (name, "ana@example.org")


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename=my lamp photo.png", "my lamp photo.png"),
        ("size=3; filename= my lamp.png ; x=y", "my lamp.png"),
        ("filename*=utf-8''L%C3%A4mp%20chen.png", "Lämp chen.png"),
        ("filename=x.png; filename*=iso-8859-1'de'L%E4mp.png", "Lämp.png"),
        ("filename*0*=utf-8''L%C3; filename*1*=%A4mp; filename*2=\" 100%.png\"", "Lämp 100%.png"),
        ('filename*1="er.png"; filename*0="lang"', "langer.png"),
        ('filename="=?utf-8?Q?L=C3=A4mp chen.png?="', "Lämp chen.png"),
        ('filename*0="=?utf-8?Q?L=C3=A4mp"; filename*1="chen.png?="', "Lämpchen.png"),
        ("filename=\"utf-8''L%C3%A4mp.png\"", "Lämp.png"),
        ("filename=Lämp chen.png", "Lämp chen.png"),
        ('filename="a;b.png"', "a;b.png"),
        ('filename="C:\\tmp\\x.png"', "x.png"),
        ('filename="../../x.png"', "x.png"),
        ('filename="x.png', "x.png"),
        ("wrongly filename=x.png", "x.png"),
        ("filename*=utf-8''", "attachment.png"),
        ("", "attachment.png"),
    ],
)
def test_the_name_of_a_file_is_read(parameters: str, name: str) -> None:
    header = f"Content-Type: image/png\r\nContent-Disposition: attachment; {parameters}\r\n\r\nx"
    (file,) = read_mail(build_parts(header.encode())).attachments
    assert file.name == name


def test_no_header_takes_long() -> None:
    start = time.process_time()
    for value in ("=?a?q?" * MAX_HEADER_BYTES, "=?a?q?" + "?=AA" * MAX_HEADER_BYTES):
        decode_header(value)
    assert time.process_time() - start < 5
