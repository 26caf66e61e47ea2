"""What of a style decides whether words can be seen."""

from __future__ import annotations

import pytest

from tickets.mail.styles import ROOT, StyleSheet, apply_style, read_color, read_style


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("white", (255, 255, 255)),
        ("#fff", (255, 255, 255)),
        ("#336699cc", (51, 102, 153)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgb(100% 0% 0%)", (255, 0, 0)),
        ("hsl(0, 0%, 100%)", (255, 255, 255)),
        ("hsl(0, 50%, 50%)", None),
        ("var(--ink)", None),
    ],
)
def test_a_colour_is_told_or_unknown(value: str, color: tuple[int, int, int] | None) -> None:
    assert read_color(value) == color


def test_an_important_declaration_is_not_overruled() -> None:
    said = read_style("display: none !important; display:block; Color : RED")
    assert said == {"display": "none", "color": "red"}


def test_a_sheet_is_read_by_tag_class_and_id_but_not_for_some_screens() -> None:
    sheet = StyleSheet()
    sheet.add("p, .x{color:red} /* p{a:b} */ @media print{p{display:none}} p.x{a:c} div p{a:d}")
    assert read_style(sheet.find("p", ["x"], "")) == {"color": "red", "a": "c"}
    assert sheet.find("div", [], "y") == ""


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ("font-size:1px", False),
        ("font-size:9px", True),
        ("font: 0.875rem/1.4 sans-serif", True),
        ("font: 0/0 a", False),
        ("color:#fefefe", False),
        ("color:#fff;background:#000", True),
        ("color:#fff;background-image:url(x.png)", True),
        ("color:#fff;background:linear-gradient(#000,#111)", True),
        ("height:0", True),
        ("height:0;overflow:hidden", False),
        ("position:absolute;left:-9999px", False),
        ("margin-left:-10px", True),
        ("opacity:.9", True),
        ("opacity:1%", False),
    ],
)
def test_words_are_seen_or_not(style: str, seen: bool) -> None:
    assert apply_style(ROOT, read_style(style)).is_visible is seen


def test_what_is_gone_stays_gone_and_what_is_only_not_shown_may_show_again() -> None:
    gone = apply_style(ROOT, {"display": "none"})
    assert not apply_style(gone, {"display": "block"}).is_visible
    unseen = apply_style(ROOT, {"visibility": "hidden"})
    assert apply_style(unseen, {"visibility": "visible"}).is_visible
