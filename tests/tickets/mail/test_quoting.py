"""What a person wrote now, what is quoted, what is signature."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.shared_data import shared_data
from tickets.mail.quoting import split_body


def test_a_reply_above_a_quotation_is_the_text() -> None:
    parts = split_body(
        "It broke again.\n\nOn Mon, 2 Mar 2026 at 10:11, Help <help@shop.example> wrote:\n> "
        "Sorry!\n"
    )
    assert parts.text == "It broke again."
    assert parts.quoted.startswith("On Mon")
    assert parts.quoted.endswith("> Sorry!")


@pytest.mark.parametrize(
    "introduction",
    [
        "Am 02.03.2026 um 10:11 schrieb Hilfe <help@shop.example>:",
        "Le 2 mars 2026 à 10:11, Aide <help@shop.example> a écrit :",
        "El lun, 2 mar 2026 a las 10:11, Ayuda (<help@shop.example>) escribió:",
        "Em 2 de março de 2026 10:11, Ajuda <help@shop.example> escreveu:",
        "Op ma 2 mrt 2026 om 10:11 schreef Hulp <help@shop.example>:",
        "2026-03-02 10:11 GMT+01:00 Help <help@shop.example>:",
        "-------- Original Message --------",
        "From: Help <help@shop.example>\nSent: Monday, 2 March 2026 10:11\nTo: Marta\nSubject: "
        "Lamp",
        "Von: Hilfe\nGesendet: Montag, 2. März 2026\nAn: Marta\nBetreff: Lampe",
    ],
)
def test_mail_programs_of_many_countries_are_known(introduction: str) -> None:
    parts = split_body(f"It broke again.\n\n{introduction}\n\nSorry to hear that.\n")
    assert parts.text == "It broke again."
    assert "Sorry to hear that." in parts.quoted


def test_thanks_in_the_middle_is_no_signature() -> None:
    text = "Hello,\n\nThanks, but the second lamp is broken too.\n\n- shade cracked\n- cable cut"
    assert split_body(text).text == text


def test_a_story_with_a_date_is_no_quotation() -> None:
    text = "On 12 March your colleague wrote:\nwe will refund you.\nNothing came since."
    assert split_body(text).text == text


@pytest.mark.parametrize(
    "sentence",
    [
        "On Monday, 2 November 2026 I wrote:",
        "On 2 November 2026 at 10:00 I wrote:",
        "am 2. November 2026 schrieb ich:",
        "Am 2. November 2026 um 10:00 schrieben Sie:",
        "Am 2. November 2026 um 10:00 Uhr schrieb mein Mann:",
        "On 2 November 2026 you wrote:",
        "On 2 November 2026 at 10:00 the driver wrote:",
        "Le 2 novembre 2026 à 10:00 votre collègue a écrit :",
        "El 2 de noviembre de 2026 a las 10:00 usted escribió:",
        "Op 2 november 2026 om 10:00 schreef ik:",
        "Den 2. november 2026 kl. 10:00 skrev jeg:",
        "Dnia 2 listopada 2026 o 10:00 napisałem:",
        "2 ноября 2026 в 10:00 я пишет:",
        "2026年11月2日 10:00，我写道：",
    ],
)
def test_what_a_customer_tells_of_an_earlier_letter_is_text(sentence: str) -> None:
    text = f"Hello,\n{sentence}\nplease refund my lamp.\nYou did not answer."
    parts = split_body(text)
    assert (parts.text, parts.quoted) == (text, "")


@pytest.mark.parametrize(
    "introduction",
    [
        "On 2 Nov 2026, at 10:00, Ana Bell wrote:",
        "Am 02.11.2026 um 10:00 schrieb Hilfe Team:",
        "Op 2 november 2026 om 10:00 schreef Jan de Vries:",
        "On 2 November 2026 help@shop.example wrote:",
        "---- On Mon, 02 Nov 2026 10:00:00 +0100 Ana Bell wrote ----",
    ],
)
def test_a_name_at_a_time_or_an_address_introduces_an_unmarked_quotation(
    introduction: str,
) -> None:
    parts = split_body(f"It broke.\n\n{introduction}\n\nSorry to hear that.")
    assert parts.text == "It broke."
    assert "Sorry" in parts.quoted


def test_own_words_above_marked_lines_introduce_them() -> None:
    parts = split_body("Hello,\nOn 2 November 2026 I wrote:\n> please refund\nNo answer yet.")
    assert "> please refund" in parts.text + parts.quoted
    assert "No answer yet." in parts.text


def test_answers_between_quoted_lines_stay_with_them() -> None:
    parts = split_body(
        "Ana, on 2 Mar 2026 10:11 you wrote:\n> Which colour?\n\nGreen.\n\n> Which size?\n\nSmall."
    )
    assert "Green." in parts.text
    assert "> Which size?" in parts.text
    assert "Small." in parts.text


def test_a_signature_is_split_off() -> None:
    parts = split_body("Where is it?\n\n-- \nMarta Lindqvist\n+44 20 7946 0000")
    assert parts.text == "Where is it?"
    assert parts.signature == "Marta Lindqvist\n+44 20 7946 0000"


def test_a_long_text_below_a_rule_is_no_signature() -> None:
    text = "First:\n--\n" + "\n".join(f"line {number}" for number in range(40))
    assert "line 39" in split_body(text).text


@pytest.mark.parametrize(
    "text",
    [
        "My order was wrong:\n--\nitem 1 broken\nitem 2 missing\nPlease refund both.",
        "First problem\n--\nSecond problem\n--\nThird problem, please refund",
        "It is broken.\n--\nI want a refund for HP-10423.",
        "Hello\n\n--\nAna here, where is it?",
        "Two things\n_____\nlamp broken\nshade missing",
        "Lamp broken\n\n--\nand the shade is missing",
    ],
)
def test_a_rule_inside_a_text_parts_nothing(text: str) -> None:
    assert split_body(text).text == text


@pytest.mark.parametrize(
    "signature",
    [
        "Marta",
        "Marta Lindqvist\nHead of Sales\nwww.firm.example",
        "山田太郎\nyamada@example.jp",
        "Viele Grüße / Best regards\n\nBob",
    ],
)
def test_a_signature_below_a_bare_rule_is_one(signature: str) -> None:
    assert split_body(f"Where is it?\n\n--\n{signature}").signature == signature


def test_a_postscript_is_text() -> None:
    parts = split_body("Thanks\n-- \nMarta\nPS: and refund the postage")
    assert parts.text == "Thanks\n\nPS: and refund the postage"
    assert parts.signature == "Marta"


@pytest.mark.parametrize(
    "ending", ["Sent from my iPhone", "Get Outlook for Android", "Envoyé de mon iPad"]
)
def test_the_telephone_s_own_words_are_signature(ending: str) -> None:
    assert split_body(f"Where is it?\n\n{ending}").signature == ending


def test_what_was_sent_by_post_is_no_signature() -> None:
    text = "The lamp is on its way back.\n\nSent by registered post on Monday."
    assert split_body(text).text == text


@pytest.mark.parametrize(
    "body",
    [
        "\n" * 200_000,
        "On " + "a " * 50_000,
        ("On 2016 " + "a " * 140 + ":\n") * 3_000,
        "--\na\n" * 20_000,
    ],
)
def test_no_body_takes_long(body: str) -> None:
    begun = time.monotonic()
    split_body(body)
    assert time.monotonic() - begun < 5


def test_discourse_s_own_cases_are_split_as_they_expect() -> None:
    folder = shared_data("emails/discourse_email_reply_trimmer/test")
    missed = [
        path.name for path in sorted((folder / "emails").glob("*.txt")) if not _as_expected(path)
    ]
    # One keeps a mail that is nothing but a quotation, one drops a quotation we keep.
    assert missed == ["embedded_email_7.txt", "quote_only.txt"]


def _as_expected(path: Path) -> bool:
    wanted = path.parent.parent / "trimmed" / path.name
    text = wanted.read_text() if wanted.exists() else ""
    return split_body(path.read_text()).text.split() == text.split()
