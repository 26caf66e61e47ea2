"""Anybody may write to support through the contact form."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory

from tickets.models import Ticket
from tickets.views import contact_form

pytestmark = pytest.mark.django_db

URL = "/contact/"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"  # a photo is known by what it is


@pytest.fixture(autouse=True)
def nobody_wrote_yet() -> None:
    cache.clear()


def said(**values: Any) -> dict[str, Any]:
    form = {
        "token": str(uuid.uuid4()),
        "name": "Marta",
        "email": "marta@example.com",
        "order_number": "HP-1",
        "subject": "Broken lamp",
        "message": "It arrived in two pieces.",
        "website": "",
    }
    return {**form, **values}


def test_the_form_can_be_read_by_anybody(client: Client) -> None:
    page = client.get(URL)
    assert page.status_code == 200
    assert re.search(r'name="token" value="[0-9a-f-]{36}"', page.content.decode())
    assert "csrfmiddlewaretoken" in page.content.decode()


def test_a_message_becomes_a_ticket(client: Client) -> None:
    answer = client.post(URL, said())
    assert answer["location"] == "/contact/thanks/"
    assert "has arrived" in client.get("/contact/thanks/").content.decode()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.email, ticket.subject) == (
        "form",
        "marta@example.com",
        "Broken lamp",
    )
    assert ticket.messages.get().text == "Order number: HP-1\n\nIt arrived in two pieces."


def test_a_second_click_makes_no_second_ticket(client: Client) -> None:
    twice = said()
    client.post(URL, twice)
    assert client.post(URL, twice).status_code == 302
    assert Ticket.objects.count() == 1


def test_a_photo_comes_with_it(client: Client) -> None:
    photo = SimpleUploadedFile("lamp.png", PNG_HEAD, content_type="text/html")
    client.post(URL, said(attachments=[photo]))
    file = Ticket.objects.get().messages.get().attachments.get()
    assert (file.name, file.content_type, bytes(file.content)) == (
        "lamp.png",
        "image/png",
        PNG_HEAD,
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "marta"}, "valid email address"),
        ({"message": ""}, "This field is required"),
        ({"website": "http://spam.example"}, "leave the last field empty"),
        ({"attachments": [SimpleUploadedFile("run.exe", b"MZ")]}, "not a picture"),
        (
            {"attachments": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(6)]},
            "at most 5 files",
        ),
    ],
)
def test_a_mistake_is_explained_and_the_words_are_still_there(
    client: Client, wrong: dict[str, Any], words: str
) -> None:
    page = client.post(URL, said(**wrong))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert "Broken lamp" in page.content.decode()
    assert not Ticket.objects.exists()


def test_a_file_too_large_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_form, "MAX_FILE_BYTES", 3)
    page = client.post(URL, said(attachments=[SimpleUploadedFile("a.txt", b"four")]))
    assert "larger than 10 MB" in page.content.decode()


def test_nobody_can_flood_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_form, "MAX_POSTS", 2)
    answers = [client.post(URL, said()).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert client.post(URL, said(), REMOTE_ADDR="192.0.2.9").status_code == 302


def test_the_count_lasts_its_ten_minutes_whatever_the_cache_s_own_time_is(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "default_timeout", 0)
    monkeypatch.setattr(contact_form, "MAX_POSTS", 2)
    assert [client.post(URL, said()).status_code for _ in range(3)] == [302, 302, 429]


def test_after_ten_minutes_marta_may_write_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_form, "MAX_POSTS", 1)
    monkeypatch.setattr(contact_form, "POST_WINDOW_SECONDS", 0)
    assert [client.post(URL, said()).status_code for _ in range(2)] == [302, 302]


@pytest.mark.django_db(transaction=True)
def test_posts_at_the_same_moment_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_form, "MAX_POSTS", 3)
    together, refused = threading.Barrier(8), []

    def post() -> None:
        together.wait()
        refused.append(contact_form.is_over_post_limit(RequestFactory().post(URL)))
        connection.close()

    posts = [threading.Thread(target=post) for _ in range(8)]
    for each in posts:
        each.start()
    for each in posts:
        each.join()
    assert (refused.count(False), refused.count(True)) == (3, 5)


def test_with_the_broker_down_a_message_still_becomes_a_ticket(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", "redis://127.0.0.1:1/0")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(URL, said()).status_code == 302
    assert Ticket.objects.get().runs.get().state == "queued"


def test_behind_our_proxy_each_visitor_counts_alone(client: Client, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = client.get(URL, HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.7").wsgi_request
    assert contact_form.get_client_address(request) == "192.0.2.7"
    settings.SECURE_PROXY_SSL_HEADER = None
    assert contact_form.get_client_address(request) == "127.0.0.1"


def test_a_post_from_another_site_is_refused() -> None:
    assert Client(enforce_csrf_checks=True).post(URL, said()).status_code == 403
