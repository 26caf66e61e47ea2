"""What people see when something is not as it should be."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from tickets.templatetags import show


def test_a_broken_server_needs_nothing_to_say_so() -> None:
    assert "Something broke on our side" in render_to_string("500.html")


@pytest.mark.parametrize(
    ("page", "words"), [("409.html", "Something changed"), ("422.html", "Something is missing")]
)
def test_a_refusal_says_what_to_do(ana: User, page: str, words: str) -> None:
    request = RequestFactory().get("/")
    request.user = ana
    assert words in render_to_string(page, {}, request)


def test_somebody_without_a_role_is_told_whom_to_ask(client: Client, nobody: User) -> None:
    client.force_login(nobody)
    answer = client.get("/")
    assert answer.status_code == 403
    assert "Ask an admin" in answer.content.decode()


def test_what_is_not_there_is_a_404(as_ana: Client) -> None:
    assert as_ana.get("/tickets/999999/").status_code == 404
    assert as_ana.get("/machine/policies/no.such/1/").status_code == 404


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("42", "GBP", "£42.00"),
        ("-3.5", "EUR", "\N{MINUS SIGN}€3.50"),
        ("1200", "CHF", "1,200.00\N{NO-BREAK SPACE}CHF"),
        ("?", "", "?"),
    ],
)
def test_money_is_shown_with_its_currency(amount: str, currency: str, shown: str) -> None:
    assert show.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(None, "not calibrated"), (0.944, "94"), (0.9999, "over 99"), (1.0, "over 99")],
)
def test_confidence_is_never_a_hundred(share: float | None, shown: str) -> None:
    assert show.sure(share).startswith(shown)
    assert "100" not in show.sure(share)


@pytest.mark.parametrize(
    ("ref", "url"),
    [
        ("order:HP-10423", "#order-HP-10423"),
        ("customer:7:orders", "#customer-7-orders"),
        ("shop:name", ""),
        ("clause:returns.window@2", "/machine/policies/returns.window/2/"),
        ("clause:broken", ""),
    ],
)
def test_a_reference_leads_to_its_row_or_clause(ref: str, url: str) -> None:
    assert show.ref_url(ref, "") == url
