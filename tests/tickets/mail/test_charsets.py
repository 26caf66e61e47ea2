"""Charsets as browsers and mail programs mean their names."""

from __future__ import annotations

import pytest

from tests.support.raw_mails import build_mail
from tickets.mail.charsets import decode_bytes, find_codec, find_meta_charset
from tickets.mail.reading import read_mail


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "It’s broken – I paid €49.00 for “new”."),
        ("ISO_8859-1:1987", "cp1252", "5 € für „neu“"),
        ("iso-8859-9", "cp1254", "‘şişe’ – 5 €"),
        ("tis-620", "cp874", "คืนเงิน – โคมไฟ"),
        ("gb2312", "gbk", "朱镕基 請退款"),
        ("gbk", "gb18030", "退款 𠀀"),
        ("shift_jis", "cp932", "注文①の返金 ㈱髙島屋"),
        ("ks_c_5601-1987", "cp949", "똠방각하 환불"),
        ("iso-8859-8-i", "iso8859-8", "שלום, קיבלתי מוצר פגום. הזמנה HP-10423"),
        ("big5", "big5hkscs", "咗 嘅 退款"),
        ("big5", "cp950", "金額€"),
        ("Big5", "cp950", "請退款 €49，訂單 HP-10423 ╔═╗"),
        ("big5-hkscs", "cp950", "我付了€49"),
        ("cp950", "cp950", "金額€"),
        ("win-1251", "cp1251", "Верните деньги"),
        ("cp-850", "cp850", "Größe"),
        ("iso885915", "iso8859-15", "5 € œuvre"),
        ("utf-7", "utf-7", "Größe für 5 €"),
        ("utf-8mb4", "utf-8", "Größe"),
        ("'UTF-8';", "utf-8", "Größe"),
        ("utf-16", "utf-16-be", "Größe für dich"),
        ("iso-2022-kr", "iso2022_kr", "환불 부탁"),
    ],
)
def test_a_name_means_what_programs_write_under_it(label: str, codec: str, text: str) -> None:
    assert decode_bytes(text.encode(codec), label) == text


def test_letters_of_two_makers_stand_in_one_text() -> None:
    data = "咗 退款 ".encode("big5hkscs") + "€49".encode("cp950")
    assert decode_bytes(data, "big5") == "咗 退款 €49"


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("iso-2022-jp", b"\x1b$BCmJ8-!$NJV6b\x1b(B"),
        ("", b"\x1b$BCmJ8-!$NJV6b\x1b(B"),
        ("euc-jp", b"\xc3\xed\xca\xb8\xad\xa1\xa4\xce\xca\xd6\xb6\xe2"),
    ],
)
def test_letters_that_makers_added_to_the_japanese_standard_are_read(
    label: str, data: bytes
) -> None:
    assert decode_bytes(data, label) == "注文①の返金"


@pytest.mark.parametrize("label", ["us-ascii", "iso-8859-1", "windows-1251", "unknown-8bit", ""])
def test_text_that_is_utf_8_is_read_so_whatever_a_single_byte_charset_says(label: str) -> None:
    assert decode_bytes("Größe für 5 €".encode(), label) == "Größe für 5 €"


def test_chinese_that_is_utf_8_is_read_so_whatever_is_said() -> None:
    assert decode_bytes("你好,请退款".encode(), "gb2312") == "你好,请退款"
    assert decode_bytes("返金をお願いします".encode(), "shift_jis") == "返金をお願いします"


def test_one_wrong_byte_costs_one_character() -> None:
    letter = "Die Lampe für 49 € ist zurückgeschickt. Grüße, Jörg".encode()
    read = decode_bytes(letter + b"\r\n-- \r\nGesch\xe4ftsf\xfchrer", "utf-8")
    assert read == letter.decode() + "\r\n-- \r\nGeschäftsführer"
    assert decode_bytes("請退款".encode("big5") + b"\xff ok", "big5") == "請退款\ufffd ok"


def test_a_character_cut_short_is_one_mark() -> None:
    assert decode_bytes("für 5 €".encode()[:-1], "utf-8") == "für 5 \ufffd"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("label", ["", "iso-8859-1", "utf-8"])
def test_a_byte_order_mark_counts_before_what_is_said(codec: str, label: str) -> None:
    assert decode_bytes("Größe".encode(codec), label) == "Größe"


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("koi8-r", "Здравствуйте, верните деньги за заказ, лампа пришла разбитой"),
        ("gbk", "你好,请退款,我的灯坏了,订单号码如下"),
        ("cp1250", "Dzień dobry, proszę o zwrot pieniędzy za lampę, przyszła potłuczona"),
        ("cp1252", "Guten Tag, die Lampe ist zerbrochen, ich möchte mein Geld zurück"),
        ("cp1252", "naïve"),
    ],
)
def test_where_nothing_is_said_the_language_tells(codec: str, text: str) -> None:
    assert decode_bytes(text.encode(codec)) == text


def test_what_the_mail_names_elsewhere_counts_before_a_guess() -> None:
    assert decode_bytes("да".encode("koi8-r"), hints=["us-ascii", "koi8-r"]) == "да"


@pytest.mark.parametrize("label", ["", "klingon", "base64", "rot13", "idna", "x" * 500, "ü"])
def test_a_name_that_is_no_charset_is_none(label: str) -> None:
    assert find_codec(label) == ""
    assert decode_bytes(b"na\xefve", label) == "naïve"


@pytest.mark.parametrize(
    ("page", "label"),
    [
        (
            b"<META content='text/html; charset=windows-1251' http-equiv=Content-Type>",
            "windows-1251",
        ),
        (b'<!-- <meta charset="koi8-r"> --><meta charset=Big5 />', "big5"),
        (b'<?xml version="1.0" encoding="windows-1250"?>', "windows-1250"),
        (b'<meta charset="utf-16">', "utf-8"),
        (b'<meta name="charset of the shop"><p>charset=koi8-r', ""),
        (b"<meta charset=", ""),
    ],
)
def test_a_page_names_its_charset_in_its_head(page: bytes, label: str) -> None:
    assert find_meta_charset(page) == label


def test_a_page_without_a_charset_in_its_mail_is_read_by_its_own() -> None:
    page = '<meta charset="windows-1251"><p>верните деньги за заказ HP-10423</p>'
    mail = build_mail(page.encode("cp1251"), "text/html")
    assert read_mail(mail).text == "верните деньги за заказ HP-10423"
