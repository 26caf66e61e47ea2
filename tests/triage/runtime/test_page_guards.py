"""What no row can keep is 404 or 400, never 500; and no page of ours is stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support.rights_table import TABLE, world
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
NUL = "x%00"


@pytest.mark.parametrize(
    "path",
    [
        "/machine/policies/x%00/1/",
        "/machine/policies/x%00/1/tickets/",
        "/machine/policies/x%00/compare/1/2/",
        "/tickets/1%00/",
        "/%00",
        "/admin/auth/user/1%00/change/",
        "/admin/triage/intent/%00/history/",
    ],
)
def test_an_address_with_nul_is_a_404(as_ada: Client, path: str) -> None:
    assert as_ada.get(path).status_code == 404


def test_a_value_with_nul_is_a_400_at_every_address(as_ada: Client) -> None:
    arguments, _ = world()
    for name, (method, _) in TABLE.items():
        url = reverse(name, args=arguments.get(name, []))
        for query in (f"?q={NUL}", f"?{NUL}=1", f"?status={NUL}&label={NUL}"):
            answer = getattr(as_ada, method)(url + query)
            assert answer.status_code == 400, url + query
        assert as_ada.post(url, {"text": "a\0", "seen": "\0"}).status_code == 400, url


def test_so_is_a_cookie_that_names_the_session(client: Client, db: None) -> None:
    answer = client.get("/", headers={"cookie": 'sessionid="a\\000b"'})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("charset", "body"),
    [("utf-7", b"text=%2B2AA-"), ("rot13", b"text=x"), ("unicode_escape", b"text=%5Cud800")],
)
def test_so_is_a_charset_that_makes_no_text(as_ana: Client, charset: str, body: bytes) -> None:
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    answer = as_ana.generic("POST", "/preferences/", body, content_type=kind)
    assert answer.status_code == 400


def test_nothing_is_changed_and_the_page_says_what_to_do(as_ana: Client, db: None) -> None:
    ticket = Ticket.objects.create(subject="A lamp")
    answer = as_ana.post(f"/tickets/{ticket.pk}/note/", {"note": "a\0b"})
    assert "take it out and send it again" in answer.content.decode()
    assert not Message.objects.exists()


def test_other_letters_are_kept(as_ana: Client) -> None:
    ticket = Ticket.objects.create(subject="A lamp")
    as_ana.post(f"/tickets/{ticket.pk}/note/", {"note": "Zoë 😀 שלום", "seen": "0-0-0"})
    assert Message.objects.get().text == "Zoë 😀 שלום"


def test_no_page_is_stored(as_ana: Client) -> None:
    ticket = Ticket.objects.create(subject="A lamp")
    for path in ("/", f"/tickets/{ticket.pk}/", "/nothing/", "/contact/", "/accounts/login/"):
        said: Any = as_ana.get(path).headers["Cache-Control"]
        assert "no-store" in said, path
        assert "private" in said, path


def test_the_panel_has_no_sign_in_of_its_own(client: Client, ada: User) -> None:
    typed = {"username": "ada", "password": "wrong"}
    answer = client.post("/admin/login/?next=/admin/", typed)
    assert answer.headers["Location"].startswith("/accounts/login/?")
    assert client.get("/admin/").status_code == 302
