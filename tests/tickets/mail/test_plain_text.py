"""Flowed text and text in PGP's armour."""

from __future__ import annotations

import bz2
import zlib
from base64 import b64encode

import pytest

from tests.support.raw_mails import build_mail
from tickets.mail.plain_text import PGP_NOTE, EncryptedText, join_flowed_lines, open_armour
from tickets.mail.reading import read_mail

SIGNED = (
    "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{}\r\n"
    "-----BEGIN PGP SIGNATURE-----\r\n\r\niQEzBAEB\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"
)


@pytest.mark.parametrize(
    ("text", "deletes_space", "joined"),
    [
        ("a long \nline\nnext", False, "a long line\nnext"),
        ("num \nber, too  \nlong", True, "number, too long"),
        (" From here\n >no quote", False, "From here\n    >no quote"),
        ("one \n\ntwo", False, "one \n\ntwo"),
        ("the end \n-- \nAna", False, "the end \n-- \nAna"),
        (
            "> one \n> two\n>> deep \n> up\nmine \nhere",
            False,
            "> one two\n>> deep \n> up\nmine here",
        ),
    ],
)
def test_lines_that_flow_are_joined(text: str, deletes_space: bool, joined: str) -> None:
    assert join_flowed_lines(text, deletes_space=deletes_space) == joined


def test_a_flowed_mail_is_read_in_its_paragraphs() -> None:
    body = b"Please refund the order with the num \r\nber HP-10423.\r\n\r\n From the start.\r\n"
    mail = read_mail(build_mail(body, "text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert mail.text == "Please refund the order with the number HP-10423.\n\nFrom the start."


@pytest.mark.parametrize(
    "line",
    [">50 euros it cost", "> 50 is what I paid", ">>> look here", ">:( I am angry", "From me: >5"],
)
@pytest.mark.parametrize("place", ["{}", "Hello\r\n{}", "{}\r\nRefund it.", "Hi\r\n\r\n{}\r\n"])
def test_a_stuffed_line_of_a_flowed_mail_is_the_writer_s_own(line: str, place: str) -> None:
    body = place.format(f" {line}").encode()
    mail = read_mail(build_mail(body, "text/plain; charset=utf-8; format=flowed"))
    assert line in mail.text.split("\n")
    assert not mail.quoted


def test_a_marked_line_of_a_flowed_mail_is_a_quotation() -> None:
    body = b"It broke.\r\n\r\n> Is it \r\n> broken?\r\n"
    mail = read_mail(build_mail(body, "text/plain; charset=utf-8; format=flowed"))
    assert (mail.text, mail.quoted) == ("It broke.", "> Is it broken?")


def test_signed_text_stands_there_without_its_armour() -> None:
    body = SIGNED.format("Please refund.\r\n\r\n- -- \r\nAna Moreno")
    mail = read_mail(build_mail(f"Hello\r\n\r\n{body}".encode()))
    assert mail.text == "Hello\n\nPlease refund."
    assert mail.signature == "Ana Moreno"


def pack(tag: int, content: bytes) -> bytes:
    return bytes([0xC0 | tag, 255]) + len(content).to_bytes(4, "big") + content


def wrap(packets: bytes) -> str:
    body = b64encode(packets).decode()
    return f"-----BEGIN PGP MESSAGE-----\nVersion: 1\n\n{body}\n=abcd\n-----END PGP MESSAGE-----"


LITERAL = pack(11, b"u\x04name\0\0\0\0" + "Please refund, Größe 5.".encode())


@pytest.mark.parametrize(
    "packets",
    [
        LITERAL,
        pack(8, b"\x02" + zlib.compress(LITERAL)),
        pack(8, b"\x01" + zlib.compress(LITERAL)[2:-4]),
        pack(8, b"\x03" + bz2.compress(pack(4, b"x" * 13) + LITERAL + pack(2, b"x"))),
        bytes([0x80 | 11 << 2 | 3]) + LITERAL[6:],
    ],
)
def test_a_message_that_is_only_signed_or_packed_is_read(packets: bytes) -> None:
    assert open_armour(f"Hello\n{wrap(packets)}\nBye") == "Hello\nPlease refund, Größe 5.\nBye"


@pytest.mark.parametrize(
    "packets", [pack(1, b"k" * 99) + pack(18, b"x" * 99), pack(8, b"\x02broken"), b"\x00", b""]
)
def test_what_needs_a_key_says_so_and_leaves_the_rest(packets: bytes) -> None:
    with pytest.raises(EncryptedText, match="no key"):
        open_armour(wrap(packets))
    mail = read_mail(build_mail(f"Hello\n\n{wrap(packets)}\n\nBye".encode()))
    assert mail.text == "Hello\n\nBye"
    assert mail.notes == (PGP_NOTE,)
    assert mail.attachments[0].content.endswith(b"Bye")


def test_each_of_many_messages_is_opened() -> None:
    assert open_armour((wrap(LITERAL) + "\n") * 2_000).count("Größe") == 2_000
    with pytest.raises(EncryptedText) as sealed:
        open_armour(f"{wrap(LITERAL)}\n{wrap(b'')}\nBye")
    assert sealed.value.rest == "Please refund, Größe 5.\n\nBye"
