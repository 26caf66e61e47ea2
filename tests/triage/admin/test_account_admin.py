"""Accounts in the admin panel: with a reason, and never into an admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from approvals.models import AccountChange
from tests.conftest import PASSWORD, join
from tickets.access import ADMINS, SUPERVISORS, grant_admin_rights

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a lantern at the far pier"  # noqa: S105


@pytest.fixture
def panel(client: Client, ada: User) -> Client:
    """Ada in the panel, with everything that the group of admins may do."""
    grant_admin_rights()
    client.force_login(ada)
    return client


def fill_account(person: User, **changes: object) -> dict[str, object]:
    groups = list(person.groups.values_list("pk", flat=True))
    fixed = {"email": person.email, "first_name": "", "last_name": "", "is_active": "on"}
    return {**fixed, "groups": groups, "why": "asked for by Sol", **changes}


def test_a_password_needs_a_reason_and_is_kept_with_who_and_why(panel: Client, sol: User) -> None:
    page = f"/admin/auth/user/{sol.pk}/password/"
    typed = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert panel.post(page, typed).status_code == 200
    sol.refresh_from_db()
    assert sol.check_password(PASSWORD)
    assert panel.post(page, {**typed, "why": "forgot it"}).status_code == 302
    change = AccountChange.objects.filter(account=sol, what="password").first()
    assert change is not None
    assert (str(change.by), change.why, change.detail) == ("ada", "forgot it", {})
    history = panel.get(f"/admin/auth/user/{sol.pk}/history/").content.decode()
    assert "forgot it" in history


def test_a_group_is_given_with_a_reason(panel: Client, ana: User, sol: User) -> None:
    page = f"/admin/auth/user/{ana.pk}/change/"
    supervisors = Group.objects.get(name=SUPERVISORS)
    panel.post(page, fill_account(ana, groups=[supervisors.pk], why=""))
    assert not ana.groups.filter(name=SUPERVISORS).exists()
    panel.post(page, fill_account(ana, groups=[supervisors.pk]))
    assert ana.groups.filter(name=SUPERVISORS).exists()
    change = AccountChange.objects.filter(account=ana, what="joined").first()
    assert change is not None
    assert (change.detail, str(change.by), change.why) == (
        {"name": "supervisors"},
        "ada",
        "asked for by Sol",
    )


def test_an_account_is_made_with_a_reason(panel: Client) -> None:
    typed = {"username": "zoe", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert panel.post("/admin/auth/user/add/", typed).status_code == 200
    assert not User.objects.filter(username="zoe").exists()
    panel.post("/admin/auth/user/add/", {**typed, "usable_password": "true", "why": "new here"})
    zoe = User.objects.get(username="zoe")
    change = AccountChange.objects.get(account=zoe, what="made")
    assert (str(change.by), change.why) == ("ada", "new here")


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_no_form_makes_an_admin(panel: Client, ana: User, field: str) -> None:
    panel.post(f"/admin/auth/user/{ana.pk}/change/", fill_account(ana, **{field: "on"}))
    ana.refresh_from_db()
    assert not getattr(ana, field)


def test_no_form_puts_somebody_among_the_admins(panel: Client, ana: User) -> None:
    admins = Group.objects.get(name=ADMINS)
    answer = panel.post(f"/admin/auth/user/{ana.pk}/change/", fill_account(ana, groups=[admins.pk]))
    assert "Select a valid choice" in answer.content.decode()
    assert not ana.groups.filter(name=ADMINS).exists()


def test_no_form_gives_a_permission(panel: Client, ana: User) -> None:
    panel.post(f"/admin/auth/user/{ana.pk}/change/", fill_account(ana, user_permissions=["1"]))
    assert not ana.user_permissions.exists()


def test_another_admin_is_only_looked_at(panel: Client, ada: User) -> None:
    other = join("nobody")
    other.is_staff = True
    other.save()
    for page in ("change", "password"):
        typed = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "why": "x"}
        answer = panel.post(f"/admin/auth/user/{other.pk}/{page}/", typed)
        assert answer.status_code == 403
    assert panel.get(f"/admin/auth/user/{other.pk}/change/").status_code == 200


def test_a_name_stays_with_its_receipts(panel: Client, ana: User) -> None:
    panel.post(f"/admin/auth/user/{ana.pk}/change/", fill_account(ana, username="sol"))
    ana.refresh_from_db()
    assert ana.username == "ana"


def test_nobody_is_deleted(panel: Client, ana: User) -> None:
    assert panel.post(f"/admin/auth/user/{ana.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_groups_of_the_roles_stay_and_others_are_made(panel: Client, sol: User) -> None:
    supervisors = Group.objects.get(name=SUPERVISORS)
    page = f"/admin/auth/group/{supervisors.pk}/change/"
    assert panel.post(page, {"name": "others", "why": "x"}).status_code == 403
    panel.post("/admin/auth/group/add/", {"name": "finance", "why": "large sums"})
    finance = Group.objects.get(name="finance")
    assert AccountChange.objects.filter(what="group", by__username="ada", why="large sums").exists()
    history = panel.get(f"/admin/auth/group/{finance.pk}/history/").content.decode()
    assert "large sums" in history


def test_pages_of_accounts_open(panel: Client, ana: User) -> None:
    for page in ("", "add/", f"{ana.pk}/change/", f"{ana.pk}/password/", f"{ana.pk}/history/"):
        assert panel.get(f"/admin/auth/user/{page}").status_code == 200, page
