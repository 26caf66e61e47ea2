"""Every address with ids that are nobody's, and every form without its token."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.conftest import join
from tests.support import ticket_stories
from tests.support.rights_table import EVERYBODY, TABLE, everybody, names, world
from tests.support.table_digests import everything

pytestmark = pytest.mark.django_db
FORGED = (0, 987_654, 2**63, 10**30)
ADDRESSES = sorted(names(get_resolver().url_patterns))


def takes_arguments(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return True
    return False


def forged_of(arguments: list[Any]) -> Iterator[list[Any]]:
    """The arguments with each of them replaced in turn."""
    for place, value in enumerate(arguments):
        for forged in FORGED if isinstance(value, int) else ("no-such",):
            yield [*arguments[:place], forged, *arguments[place + 1 :]]


@pytest.mark.parametrize("name", [name for name in ADDRESSES if takes_arguments(name)])
def test_an_id_of_nothing_is_not_found_and_changes_nothing(name: str) -> None:
    people, (arguments, posts) = everybody(), world()
    method, expected = TABLE[name]
    wanted = {who: status if status == 403 or not who else 404 for who, status in expected.items()}
    before = everything()
    for forged, who in product(forged_of(arguments[name]), EVERYBODY):
        client = Client()
        if who:
            client.force_login(people[who])
        with transaction.atomic():
            url = reverse(name, args=forged)
            answer = getattr(client, method)(url, posts.get(name, {}))
            assert answer.status_code == wanted[who], (url, who)
            assert everything() == before, (url, who)
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_form_is_taken_without_its_token(name: str, caplog: Any) -> None:
    arguments, posts = world()
    client = Client(enforce_csrf_checks=True)
    client.force_login(join("sol"))
    before = everything()
    url = reverse(name, args=arguments.get(name, []))
    assert client.post(url, posts.get(name, {})).status_code == 403
    assert everything() == before
    assert url in caplog.text


def test_a_mail_that_came_in_is_not_settled_as_one_of_ours(as_ana: Client) -> None:
    message = ticket_stories.ticket(ticket_stories.marta()).messages.get()
    before = everything()
    answer = as_ana.post(reverse("tickets:settle", args=[message.pk]), {"what": "arrived"})
    assert (answer.status_code, everything()) == (404, before)
