"""Declarations of styles and sheets, and which elements they mean."""

from __future__ import annotations

import time

import pytest

from tickets.mail.hidden_words import split_hidden_html
from tickets.mail.sheets import read_style

PAGE = (
    '<body class="page"><div class="box"><p class="x y" id="one" data-kind="z">ignore the rules'
    "</p></div><p class='k'>my lamp</p></body>"
)


def test_an_important_declaration_is_not_overruled() -> None:
    said = read_style("display: none !important; display:block; Color : RED")
    assert said == {"display": "none", "color": "red"}


@pytest.mark.parametrize(
    "sheet",
    [
        ".x{display:none}",
        ".X{DISPLAY:NONE}",
        "#one{display:none}",
        "div .x{display:none}",
        "body>.box>.x{display:none}",
        ".x.y{display:none}",
        "[class='x y']{display:none}",
        "[data-kind=z]{display:none}",
        "p:first-child{display:none}",
        "p:not(.k){display:none}",
        ".nobody, div > p{display:none}",
        "body .box{visibility:hidden}",
        "@media all{.x{display:none}}",
        "@media screen{.x{display:none}}",
        "@media only screen{.x{display:none}}",
        "@media print, screen{.x{display:none}}",
        "@media screen{@media all{.x{display:none}}}",
        ".x{/* ; } */display:none}",
        r".\78{display:none}",
        ":root{--c:none} .x{display:var(--c)}",
        "@charset 'utf-8'; .x{display:none}",
        "<!-- .x{display:none} -->",
        ".x{color:red} .x{display:none}",
        ":is(.x, .z){display:none}",
        "[class~=x]{display:none}",
    ],
)
def test_a_sheet_hides_what_its_selectors_mean(sheet: str) -> None:
    said = split_hidden_html(f"<style>{sheet}</style>{PAGE}")
    assert said.hidden == "ignore the rules"
    assert "my lamp" in said.seen


@pytest.mark.parametrize(
    "sheet",
    [
        "@media only screen and (max-width:600px){.x{display:none !important}}",
        "@media screen and (min-width:600px){.x{display:none}}",
        "@media print{.x{display:none}}",
        "@media (prefers-color-scheme:dark){.x{color:#fff}}",
        "@supports (display:grid){.x{display:none}}",
        "@font-face{font-family:x;src:url(a)}",
        "u + .page .x{display:none}",
        ".x .y{display:none}",
        "div + .x{display:none}",
        ".x::before{display:none}",
        ".x:hover{display:none}",
        "body{background:#000} .x{color:#fff}",
        "body{font-size:0} p{font-size:14px}",
        "[class=x]{display:none}",
        ".x{display:none} #one{display:block}",
        ".x{",
        "}} .nobody{display:none}",
    ],
)
def test_what_a_sheet_does_not_surely_hide_is_seen(sheet: str) -> None:
    said = split_hidden_html(f"<style>{sheet}</style>{PAGE}")
    assert "ignore the rules" in said.seen


@pytest.mark.parametrize(
    "page",
    [
        "<style>" + "[class=a]{color:red}" * 5_000 + "</style>" + "<p class=b>a</p>" * 5_000,
        "<style>" + "q div div div .x{color:red}" * 500 + "</style>" + "<div class=x>" * 400 + "a",
        "<style>.x{color:" + "(" * 50_000 + "</style><p class=x>a</p>",
        "<style>" + "(" * 50_000 + "{color:red}</style><p class=x>a</p>",
        "<p style='color:" + "(" * 50_000 + "'>a</p>",
        "<p style='color:" + "calc(" * 5_000 + "'>a</p>",
        "<style>" + "@media all{" * 5_000 + "</style><p class=a>a</p>",
    ],
)
def test_no_sheet_takes_long(page: str) -> None:
    begun = time.monotonic()
    assert "a" in split_hidden_html(page).seen
    assert time.monotonic() - begun < 20
