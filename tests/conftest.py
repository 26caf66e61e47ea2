"""The cast: ana and ben (agents), sol and sam (supervisors), ada (admin), and one with no role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from approvals.models import ApprovalLimit
from tickets.access import ADMINS, AGENTS, SUPERVISORS, ensure_groups
from tickets.queue import run_queue

# A busy machine is no finding: how long a draw takes says nothing of what is drawn.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")
CAST = {
    "ana": AGENTS,
    "ben": AGENTS,
    "sol": SUPERVISORS,
    "sam": SUPERVISORS,
    "ada": ADMINS,
    "nobody": "",
}
PASSWORD = "walnut lamp by the harbour"


def forget_actor() -> None:
    """Be the console again: within a test's transaction PostgreSQL keeps who acted last on a
    page, which in a shop ends with the request.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', '', true)")


def join(name: str) -> User:
    """One person of the cast with their group; supervisors with their limit."""
    forget_actor()
    ensure_groups()
    role = CAST[name]
    person, made = User.objects.get_or_create(username=name, email=f"{name}@harbourandpine.example")
    if made:
        person.set_password(PASSWORD)
        person.is_staff = role == ADMINS
        person.save()
    if role:
        person.groups.add(Group.objects.get(name=role))
    if role == SUPERVISORS:
        ApprovalLimit.objects.get_or_create(
            group=Group.objects.get(name=role), defaults={"up_to": 500, "two_above": 200}
        )
    return person


@pytest.fixture
def ana(db: None) -> User:
    return join("ana")


@pytest.fixture
def ben(db: None) -> User:
    return join("ben")


@pytest.fixture
def sol(db: None) -> User:
    return join("sol")


@pytest.fixture
def sam(db: None) -> User:
    return join("sam")


@pytest.fixture
def ada(db: None) -> User:
    return join("ada")


@pytest.fixture
def nobody(db: None) -> User:
    return join("nobody")


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def as_sol(client: Client, sol: User) -> Client:
    client.force_login(sol)
    return client


@pytest.fixture
def as_ada(client: Client, ada: User) -> Client:
    """Signed in, and may turn every knob."""
    forget_actor()
    knobs = Permission.objects.filter(content_type__app_label__in=["triage", "approvals"])
    Group.objects.get(name=ADMINS).permissions.set(knobs)
    client.force_login(ada)
    return client


@pytest.fixture(autouse=True)
def quick_settings(settings: Any) -> None:
    """Static files as they lie there, for tests collect none; and passwords that hash at once."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True, scope="session")
def static_root_exists() -> None:
    """WhiteNoise warns of a missing folder, and here a warning is an error."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True, scope="session")
def flushing_between_tests_is_allowed() -> Iterator[None]:
    """Receipts refuse TRUNCATE, which is how Django empties tables after a transactional test.

    Only that clearing is let through; a test that truncates by itself is still refused.
    """
    clear = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: TransactionTestCase) -> None:
        with pgtrigger.ignore("tickets.Receipt:receipts_are_never_truncated"):
            clear(self)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = clear  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def nothing_leaves(settings: Any) -> None:
    """Mail stays in memory, and nobody is woken: tests take a run's steps themselves."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CELERY_BROKER_URL = "memory://"


@pytest.fixture
def books(settings: Any) -> Iterator[Any]:
    """The books of a payment server that is reached by the webhook."""
    from tests.support.payment_rows import by_webhook  # it imports this file
    from tests.support.payment_server import payment_server

    with payment_server() as open_books:
        by_webhook(settings, open_books)
        yield open_books


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What workers are called to from now on: the task and the row."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(run_queue, "dispatch_task", lambda task, pk, **_: calls.append((task, pk)))
    monkeypatch.setattr(
        run_queue, "dispatch_tasks", lambda task, pks, **_: calls.extend((task, pk) for pk in pks)
    )
    return calls
