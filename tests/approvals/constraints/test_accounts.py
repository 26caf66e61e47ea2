"""What the database itself keeps and refuses of accounts, whatever code runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from approvals import services
from approvals.models import AccountChange, AccountConfirmation, Decision
from tests.conftest import join
from tests.support.account_acts import on_a_page_of, put_into, set_password
from tests.support.refund_decisions import refund
from tickets.access import ADMINS, SUPERVISORS, ensure_groups

pytestmark = pytest.mark.django_db


def test_changes_and_confirmations_are_append_only(sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    confirmed = AccountConfirmation.objects.create(account=sol, covers=10**9, why="rang")
    for row in (AccountChange.objects.filter(account=sol)[0], confirmed):
        for act in (row.delete, row.save):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


def test_sql_leaves_a_change_too(sol: User, ada: User) -> None:
    with on_a_page_of(ada, "by bulk"):
        User.objects.filter(pk=sol.pk).update(password="x", email="other@example.org")
    found = AccountChange.objects.filter(account=sol, by=ada, why="by bulk")
    assert {change.what: change.detail for change in found} == {
        "password": {},
        "details": {"email": ["sol@harbourandpine.example", "other@example.org"]},
    }


def test_a_visit_is_no_change(sol: User) -> None:
    before = AccountChange.objects.count()
    User.objects.filter(pk=sol.pk).update(last_login=timezone.now())
    assert AccountChange.objects.count() == before


def make_staff(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_staff=True)


def make_superuser(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_superuser=True)


def join_admins(person: User) -> None:
    person.groups.add(Group.objects.get(name=ADMINS))


def give_permission(person: User) -> None:
    person.user_permissions.add(Permission.objects.all()[0])


def give_group_permission(person: User) -> None:
    Group.objects.get(name=SUPERVISORS).permissions.add(Permission.objects.all()[0])


def make_another(person: User) -> None:
    User.objects.create(username="another", is_staff=True)


ACTS = [make_staff, make_superuser, join_admins, give_permission]
ACTS += [give_group_permission, make_another]


@pytest.mark.parametrize("act", ACTS)
def test_only_the_console_makes_admins(ana: User, ada: User, act: Callable[[User], None]) -> None:
    with (
        pytest.raises(IntegrityError, match="console"),
        on_a_page_of(ada),
        transaction.atomic(),
    ):
        act(ana)
    act(ana)


@pytest.mark.parametrize("field", ["password", "email", "username"])
def test_no_page_changes_another_admin(ada: User, field: str) -> None:
    other = join("nobody")
    other.groups.add(Group.objects.get(name=ADMINS))
    with (
        pytest.raises(IntegrityError, match="console"),
        on_a_page_of(ada),
        transaction.atomic(),
    ):
        User.objects.filter(pk=other.pk).update(**{field: "x"})
    with on_a_page_of(other):
        User.objects.filter(pk=other.pk).update(**{field: "x"})


@pytest.mark.parametrize("name", ["agents", "supervisors", "admins"])
def test_the_roles_keep_their_names(db: None, name: str) -> None:
    ensure_groups()
    with pytest.raises(IntegrityError, match="keep their names"), transaction.atomic():
        Group.objects.filter(name=name).update(name="others")
    free = Group.objects.create(name="free")
    Group.objects.filter(name=name).delete()
    with pytest.raises(IntegrityError, match="keep their names"), transaction.atomic():
        Group.objects.filter(pk=free.pk).update(name=name)


def forge_decision(by: User) -> None:
    asked = refund()
    Decision.objects.create(
        refund=asked,
        verdict="approve",
        reason="forged",
        by=by,
        fingerprint=services.compute_fingerprint(asked),
        amount=asked.amount,
        limit_then=asked.amount,
    )


def test_a_forged_decision_of_a_changed_account_is_refused(sol: User, ada: User) -> None:
    set_password(sol, ada)
    with pytest.raises(IntegrityError, match="may hold the account"), transaction.atomic():
        forge_decision(sol)


@pytest.mark.parametrize("who", ["sol", "ada", "ana"])
def test_a_forged_confirmation_is_refused(sol: User, ada: User, who: str) -> None:
    put_into(sol, "finance", ada)
    with pytest.raises(IntegrityError, match="did not change it"), transaction.atomic():
        AccountConfirmation.objects.create(account=sol, by=join(who), covers=10**9, why="x")


def test_no_page_confirms_in_the_name_of_the_console(sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    with (
        pytest.raises(IntegrityError, match="did not change it"),
        on_a_page_of(ada),
        transaction.atomic(),
    ):
        AccountConfirmation.objects.create(account=sol, by=None, covers=10**9, why="x")
