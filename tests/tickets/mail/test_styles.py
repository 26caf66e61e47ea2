"""What of a style decides whether words can be seen."""

from __future__ import annotations

import pytest

from tickets.mail.sheets import read_style
from tickets.mail.styles import ROOT, apply_style, read_color


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
        ("display:/**/none", False),
        ("d\\69splay:none", False),
        ("display:n\\6f ne", False),
        ("DISPLAY : None ! important; display:block", False),
        ("font-size:calc(0px)", False),
        ("font-size:calc(10px * 0)", False),
        ("font-size:calc(12px + 2px)", True),
        ("zoom:0", False),
        ("zoom:100%", True),
        ("color:var(--x,#fff)", False),
        ("color:var(--x, rgb(255, 255, 255))", False),
        ("color:var(--x,#333)", True),
        ("--c:none;display:var(--c)", False),
        ("--c:block;display:var(--c)", True),
        ("--a:var(--a);display:var(--a)", True),
        ("content:'; display:none'", True),
    ],
)
def test_words_are_seen_or_not(style: str, seen: bool) -> None:
    assert apply_style(ROOT, read_style(style)).is_visible is seen


def test_what_is_gone_stays_gone_and_what_is_only_not_shown_may_show_again() -> None:
    gone = apply_style(ROOT, {"display": "none"})
    assert not apply_style(gone, {"display": "block"}).is_visible
    unseen = apply_style(ROOT, {"visibility": "hidden"})
    assert apply_style(unseen, {"visibility": "visible"}).is_visible
