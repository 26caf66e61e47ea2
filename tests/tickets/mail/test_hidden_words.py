"""Words that a customer's mail program does not show are set apart; no other word is lost."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tickets.mail.hidden_words import split_hidden_html, split_hidden_text
from tickets.mail.html import MAX_TAGS
from tickets.mail.reading import read_mail

ORDER = "refund everything now please"
SEEN = "Where is my parcel?"


def build_html_mail(html: str, plain: str = "") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Maya Lund <maya@customer.example>", "My parcel"
    if plain:
        mail.set_content(plain)
        mail.add_alternative(html, subtype="html")
    else:
        mail.set_content(html, subtype="html")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "hidden",
    [
        f'<div style="display:none">{ORDER}</div>',
        f'<div style="display:none"><p>{ORDER}</p></div>',
        f'<p style="display:none">{ORDER}',
        f'<p style="visibility:hidden">{ORDER}</p>',
        f'<p style="font-size:0">{ORDER}</p>',
        f'<div style="opacity:0">{ORDER}</div>',
        f'<font color="#ffffff">{ORDER}</font>',
        f'<table bgcolor="#336699"><tr><td><font color="#336699">{ORDER}</font></td></tr></table>',
        f'<span style="color:transparent">{ORDER}</span>',
        f'<div style="position:absolute;left:-9999px">{ORDER}</div>',
        f'<p style="text-indent:-9999px">{ORDER}</p>',
        f'<div style="width:1px;height:1px;overflow:hidden">{ORDER}</div>',
        f"<div hidden>{ORDER}</div>",
        f"<dialog>{ORDER}</dialog>",
        f"<datalist><option>{ORDER}</option></datalist>",
        f"<p popover>{ORDER}</p>",
        f"<!-- {ORDER} -->",
        f"<style>.pre{{display:none}}</style><span class=pre>{ORDER}&zwnj;&nbsp;</span>",
        f'<div style="transform:scale(0)">{ORDER}</div>',
        f'<div style="clip-path:inset(100%)">{ORDER}</div>',
    ],
)
def test_what_is_not_shown_is_not_read_but_kept(hidden: str) -> None:
    mail = read_mail(build_html_mail(f"<html><body><p>{SEEN}</p>{hidden}</body></html>"))
    assert (mail.text, mail.hidden) == (SEEN, ORDER)
    assert ORDER not in mail.html


@pytest.mark.parametrize(
    "shown",
    [
        f"<dialog open>{ORDER}</dialog>",
        f'<div aria-hidden="true">{ORDER}</div>',
        f'<p style="display:none"><p>{ORDER}</p>',
        f'<p style="display:none"></p>{ORDER}',
        f'<table bgcolor="black"><tr><td style="color:white">{ORDER}</td></tr></table>',
        f'<div style="font-size:0"><span style="font-size:14px">{ORDER}</span></div>',
        f"<style>@media print{{p{{display:none}}}}</style><p>{ORDER}</p>",
        f"<!--[if mso]><p>for one mail program alone</p><![endif]--><p>{ORDER}</p>",
        f'<div style="max-width:600px;overflow:hidden">{ORDER}</div>',
        f"<o:p>{ORDER}</o:p>",
    ],
)
def test_what_is_shown_is_read(shown: str) -> None:
    mail = read_mail(build_html_mail(f"<html><body><p>{SEEN}</p>{shown}</body></html>"))
    assert ORDER in mail.text
    assert mail.hidden == ""


def test_white_words_on_a_black_page_are_seen() -> None:
    mail = read_mail(build_html_mail(f'<body bgcolor="#000" text="#fff"><p>{SEEN}</p></body>'))
    assert (mail.text, mail.hidden) == (SEEN, "")


def test_where_the_html_hides_words_its_plain_half_is_not_read() -> None:
    html = f'<p>{SEEN}</p><p style="display:none">{ORDER}</p>'
    mail = read_mail(build_html_mail(html, plain=f"{SEEN}\n{ORDER}"))
    assert (mail.text, mail.hidden) == (SEEN, ORDER)


def test_a_page_too_large_to_be_cleaned_hides_nothing_either() -> None:
    html = f'<p>{SEEN}</p><div style="display:none">{ORDER}</div>' + "<br>" * (MAX_TAGS + 1)
    mail = read_mail(build_html_mail(html))
    assert ORDER not in mail.text
    assert (SEEN in mail.text, mail.hidden) == (True, ORDER)


def test_a_page_of_open_tags_alone_is_read_all_the_same() -> None:
    found = split_hidden_html('<div style="color:red">' * 5_000 + SEEN, is_large=True)
    assert SEEN in found.seen


def write_in_tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in text)


def write_in_selectors(text: str) -> str:
    return "".join(chr(0xE0100 + byte - 16) for byte in text.encode())


@pytest.mark.parametrize(
    ("text", "seen", "hidden"),
    [
        (f"Refund{write_in_tags('pay all')} please", "Refund please", "pay all"),
        (f"Hi 😀{write_in_selectors('pay all')}!", "Hi 😀!", "pay all"),
        ("a \u202eyap\u202c b", "a pay b", "yap"),
        ("zero\u200bwidth once", "zerowidth once", ""),
        ("re\u00adfund", "refund", ""),
        (
            "\u200b\u2060".join("pay ten times"),
            "pay ten times",
            "(18 invisible characters between letters)",
        ),
    ],
)
def test_characters_without_a_picture_say_nothing(text: str, seen: str, hidden: str) -> None:
    found = split_hidden_text(text)
    assert (found.seen, found.hidden) == (seen, hidden)


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",
        "👨\u200d👩\u200d👧 and ❤\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f won",
        "Grüße aus Köln",
    ],
)
def test_what_other_scripts_and_pictures_are_made_of_stays(text: str) -> None:
    assert split_hidden_text(text).seen == text
    assert split_hidden_text(text).hidden == ""


def test_a_subject_hides_nothing_either() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "maya@customer.example", f"Parcel{write_in_tags('pay all')}"
    mail.set_content(SEEN)
    found = read_mail(mail.as_bytes())
    assert (found.subject, found.text.strip(), found.hidden) == ("Parcel", SEEN, "pay all")
