"""Every address, with every person of the cast and with nobody signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from approvals.models import Refund
from approvals.review import page_views
from tests.conftest import join
from tests.support import ticket_stories
from tests.support.rights_table import EVERYBODY, TABLE, everybody, names, world
from tests.support.table_digests import everything
from tickets.models import Ticket

POSTED = [name for name, (method, _) in TABLE.items() if method == "post"]


def panel() -> list[URLPattern]:
    """The URLs of the admin panel, flat."""

    def flat(patterns: list[Any]) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from flat(pattern.url_patterns)
            else:
                yield pattern

    found = [p for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "admin"]
    return list(flat(found))


def test_every_address_is_in_the_table() -> None:
    assert sorted(names(get_resolver().url_patterns)) == sorted(TABLE)


def page_of(name: str, person: User | None) -> dict[str, Any]:
    """A decision names the page that this person was shown."""
    if name != "approvals:decide" or person is None:
        return {}
    look = page_views.start_page_view(Refund.objects.get(), person)
    return {"look": look.pk, "seen": look.fingerprint}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TABLE)
def test_each_person_is_answered_as_the_table_says(name: str) -> None:
    people = everybody()
    arguments, posts = world()
    method, expected = TABLE[name]
    url = reverse(name, args=arguments.get(name, []))
    answered, before = {}, everything()
    for who in EVERYBODY:
        client = Client()
        if who:
            client.force_login(people[who])
        with transaction.atomic():
            values = posts.get(name, {}) | page_of(name, people.get(who))
            answered[who] = getattr(client, method)(url, values).status_code
            if answered[who] >= 400 or not who:
                assert everything() == before, f"{who or 'a stranger'} changed something"
            transaction.set_rollback(True)
    assert answered == expected


@pytest.mark.django_db
@pytest.mark.parametrize("name", POSTED)
def test_what_changes_something_is_not_done_by_a_link(name: str) -> None:
    join("sol")
    arguments, posts = world()
    url = reverse(name, args=arguments.get(name, []))
    client = Client(enforce_csrf_checks=True)
    client.force_login(join("sol"))
    if name != "triage:relabel":  # a GET shows its form
        assert client.get(url).status_code == 405
    refused = client.post(url, posts.get(name, {}))
    assert refused.status_code == 403
    assert "open too long" in refused.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["ana", "sol", "nobody", ""])
def test_the_admin_panel_is_closed_to_all_but_admins(who: str) -> None:
    client = Client()
    if who:
        client.force_login(join(who))
    for pattern in panel():
        if pattern.name in ("login", "logout", None):
            continue
        values = {"app_label": "triage"}
        wanted = pattern.pattern.regex.groupindex
        kwargs = {name: values.get(name, "1") for name in wanted}
        url = reverse(f"admin:{pattern.name}", kwargs=kwargs)
        answer = client.get(url)
        assert answer.status_code in (302, 301), url
        assert "login" in answer.headers["Location"], url


@pytest.mark.django_db
def test_a_superuser_without_a_role_sees_no_ticket() -> None:
    ticket = ticket_stories.ticket(None)
    person = join("nobody")
    person.is_superuser = True
    person.save()
    client = Client()
    client.force_login(person)
    assert client.get(ticket.get_absolute_url()).status_code == 403
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_after_signing_in_only_our_own_addresses_are_gone_to() -> None:
    answer = Client().post(
        reverse("tickets:preferences"), {"theme": "dark", "next": "https://elsewhere.example/"}
    )
    assert answer.headers["Location"] == "/"
    assert answer.cookies["theme"].value == "dark"
