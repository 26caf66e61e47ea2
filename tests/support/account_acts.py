"""What people do to accounts, as a page does it: their name goes along with each statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.contrib.auth.models import Group, User

from approvals import account_hands
from tests.conftest import forget_actor


@contextmanager
def on_a_page_of(person: User, why: str = "") -> Iterator[None]:
    """What is written inside is written by a page of this person."""
    try:
        with pghistory.context(user=person.pk, why=why):
            yield
    finally:
        forget_actor()


def set_password(account: User, by: User, password: str = "a boat in the fog") -> None:
    with on_a_page_of(by, why="forgot it"):
        account.set_password(password)
        account.save()


def put_into(account: User, group: str, by: User) -> None:
    with on_a_page_of(by, why="new task"):
        account.groups.add(Group.objects.get_or_create(name=group)[0])


def confirm(account: User, by: User | None) -> None:
    newest = account_hands.get_newest_change_id(account)
    account_hands.confirm_account(account.pk, by=by, why="I rang and asked.", covers=newest)
