"""A quotation is known by its form, in languages that no list names; nobody's own words are."""

from __future__ import annotations

import pytest

from tickets.mail.quote_heads import find_header_block
from tickets.mail.quoting import split_body

SHOP = "Shop <help@shop.example>"
HEADERS = [
    f"Lähettäjä: {SHOP}\nLähetetty: maanantai 2. marraskuuta 2026 10.00\n"
    "Vastaanottaja: Ana\nAihe: VS: Lamppu",
    f"보낸 사람: {SHOP}\n보낸 날짜: 2026년 11월 2일 월요일 10:00\n받는 사람: Ana\n제목: RE: 램프",
    'Gesendet: Montag, 02. November 2026 um 10:00 Uhr\nVon: "Shop" <help@shop.example>\n'
    "An: ana@example.org\nBetreff: Re: Lampe",
    f"Feladó: {SHOP}\nElküldve: 2026. november 2., hétfő 10:00\nCímzett: Ana\nTárgy: RE: Lámpa",
    f"*Oddi wrth:* {SHOP}\n*Anfonwyd:* Dydd Llun, 2 Tachwedd 2026 10:00\n*At:* Ana\n*Pwnc:* Lamp",
    f"מאת: {SHOP}\nנשלח: יום שני 2 נובמבר 2026 10:00\nאל: Ana\nנושא: מנורה",
    "De la: Shop\nTrimis: luni, 2 noiembrie 2026 10:00\nCătre: Ana\nSubiect: RE: Lampa",
    f"Saatja: {SHOP}\nSaadetud: esmaspäev, 2. november 2026 10:00\nAdressaat: Ana,\n Bea\nTeema: x",
    "Nuo: help@shop.example\nIšsiųsta: 2026-11-02 10:00\nKam: ana@example.org\nTema: Lempa",
]
ATTRIBUTIONS = [
    f"În lun., 2 nov. 2026 la 10:00, {SHOP} a scris:",
    f"{SHOP} ezt írta (időpont: 2026. nov. 2., H, 10:00):",
    "Shop <\nhelp@shop.example>, 2 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    f"ma 2. marrask. 2026 klo 10.00 {SHOP} kirjoitti:",
    f"Vào Th 2, 2 thg 11, 2026 vào lúc 10:00 {SHOP} đã viết:",
    f"در تاریخ دوشنبه ۲ نوامبر ۲۰۲۶، ۱۰:۰۰ {SHOP} نوشت:",
    "La 02.11.2026 10:00, Shop a scris:",
    "26. 11. 2. 오전 10:00에 Shop 이(가) 쓴 글:",
]
OWN_WORDS = [
    "Hello,\n\nFrom: London\nTo: Paris\nDate: 3 May\nIt never came. I want my money back.",
    "From: London\nTo: Paris\nDate: 3 May 2026 10:00\nPlease refund the delivery.",
    "My parcel:\n\nFrom: London\nTo: Paris\nSent: 3 May 2026\n\nIt never came.",
    "Name: Ana\nEmail: ana@example.org\nOrder: HP-10423\nOrdered: 3 May 2026 10:00\n\nRefund it.",
    "Ordered: 3 May 2026 10:00\nPaid: 3 May 2026 10:05\nArrived: never\nPlease refund.",
    "I wrote to help@shop.example on 3 May 2026 and they said:\nwait a week.\nI waited.",
    "Re: lamp\nTo: the manager\nFrom: an unhappy customer\nI want my money back.",
]


@pytest.mark.parametrize("headers", HEADERS)
def test_a_block_of_headers_is_one_in_any_language(headers: str) -> None:
    parts = split_body(f"Yes please.\n\n{headers}\n\nDo you want it back?\n")
    assert parts.text == "Yes please."
    assert "Do you want it back?" in parts.quoted


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_a_sentence_above_quoted_lines_is_one_in_any_language(attribution: str, gap: str) -> None:
    parts = split_body(f"Yes please.{gap}{attribution}{gap}> Do you want it back?\n")
    assert parts.text == "Yes please."
    assert "Do you want it back?" in parts.quoted


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:6])
def test_with_an_address_and_a_moment_no_marks_are_needed(attribution: str) -> None:
    parts = split_body(f"Yes please.\n\n{attribution}\n\nDo you want it back?\n")
    assert parts.text == "Yes please."


@pytest.mark.parametrize("text", OWN_WORDS)
def test_a_customer_s_own_list_is_theirs(text: str) -> None:
    assert split_body(text).text == text


def test_the_writer_of_a_quotation_is_the_value_with_an_address() -> None:
    found = find_header_block(HEADERS[2].split("\n"), 0)
    assert found
    assert (found.sender, found.end) == ('"Shop" <help@shop.example>', 4)
