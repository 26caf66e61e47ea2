"""The role that serves writes rows, and cannot switch off what the database refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from tests.support import ticket_stories
from tickets.models import Receipt, Ticket
from triage.runtime.postgres import roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt() -> Receipt:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    return Receipt.objects.all()[0]


@pytest.fixture
def serving(receipt: Receipt) -> Iterator[None]:
    """Be the role that serves, after a migration gave it its rights."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE shop_app")
        roles.restrict_role("shop_app")
        cursor.execute("SET ROLE shop_app")
        yield
        cursor.execute("RESET ROLE")


def test_it_reads_and_writes_rows(serving: None, receipt: Receipt) -> None:
    Ticket.objects.create(subject="A lamp")
    receipt.ticket.mark_closed()
    assert roles.find_role_problem() == ""


FORBIDDEN = [
    "ALTER TABLE tickets_receipt DISABLE TRIGGER ALL",
    "DROP TABLE tickets_receipt",
    "TRUNCATE tickets_receipt CASCADE",
    "TRUNCATE approvals_accountchange",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) "
    "RETURNS BOOLEAN AS 'SELECT TRUE' LANGUAGE sql",
    "SET pgtrigger.ignore = '{{{triggers}}}'; UPDATE tickets_receipt SET step = 'x'",
    "DELETE FROM tickets_receipt",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_cannot_switch_checks_off(serving: None, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(tgname, ',') FROM pg_trigger WHERE tgrelid = 'tickets_receipt'"
            "::regclass"
        )
        triggers = cursor.fetchone()[0]
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(statement.replace("{{{triggers}}}", "{" + triggers + "}"))


def test_a_table_of_its_own_is_not_read_instead(serving: None, receipt: Receipt) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE approvals_accountchange (LIKE public.auth_user)")
        cursor.execute(
            "INSERT INTO auth_user (username, password, first_name, last_name, email, is_active,"
            " is_staff, is_superuser, date_joined)"
            " VALUES ('kim', '', '', '', '', true, false, false, now())"
        )
        cursor.execute("SELECT count(*) FROM public.approvals_accountchange WHERE what = 'made'")
        assert cursor.fetchone()[0] >= 1
        cursor.execute("DROP TABLE pg_temp.approvals_accountchange")


def test_the_owner_is_told_apart_from_a_role_that_serves(receipt: Receipt) -> None:
    assert "is a superuser" in roles.find_role_problem()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE shop_app")
        cursor.execute("SET ROLE shop_app")
        assert "may tell triggers to look away" in roles.find_role_problem()
        cursor.execute("RESET ROLE")
        roles.restrict_role("shop_app")
        cursor.execute("GRANT postgres TO shop_app")
        cursor.execute("SET ROLE shop_app")
        assert "owns tables" in roles.find_role_problem()
        cursor.execute("RESET ROLE")
