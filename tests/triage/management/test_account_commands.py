"""The console: it makes admins, and vouches for an account where nobody else can."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from approvals import account_hands
from approvals.models import AccountChange
from tests.support.account_acts import put_into
from tickets.access import ADMINS
from triage.management.commands import make_admin

pytestmark = pytest.mark.django_db
TYPED = "a lantern at the far pier"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed when the console asks for a password, in turn."""
    words = [TYPED, TYPED]
    answers: Iterator[str] = iter(words)
    monkeypatch.setattr(make_admin, "getpass", lambda prompt: next(answers))
    return words


def test_it_makes_an_admin_who_can_use_the_panel(typed: list[str], client: Client) -> None:
    call_command("make_admin", "zoe", why="The first.")
    zoe = User.objects.get(username="zoe")
    assert zoe.check_password(TYPED)
    client.force_login(zoe)
    assert client.get("/admin/auth/user/").status_code == 200
    change = AccountChange.objects.filter(account=zoe, what="joined").latest("pk")
    assert (change.by, change.why, change.detail) == (None, "The first.", {"name": "admins"})


def test_two_different_passwords_make_nobody(typed: list[str]) -> None:
    typed[1] = "another"
    with pytest.raises(CommandError, match="two passwords"):
        call_command("make_admin", "zoe")
    assert not User.objects.filter(username="zoe").exists()


def test_a_password_too_short_makes_nobody(typed: list[str]) -> None:
    typed[:] = ["short", "short"]
    with pytest.raises(CommandError, match="too short"):
        call_command("make_admin", "zoe")


def test_it_takes_the_role_back(ada: User) -> None:
    call_command("make_admin", "ada", take_back=True)
    ada.refresh_from_db()
    assert not ada.is_staff
    assert not ada.groups.filter(name=ADMINS).exists()
    with pytest.raises(CommandError, match="no account nobody"):
        call_command("make_admin", "nobody", take_back=True)


def test_it_vouches_for_an_account(sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    call_command("confirm_account", "sol", why="Seen at her desk.")
    assert not account_hands.explain_open_changes(sol)


def test_it_says_which_account_it_does_not_know(sol: User) -> None:
    with pytest.raises(CommandError, match="no account zoe"):
        call_command("confirm_account", "zoe", why="x")
