"""verify_receipts: a chain that is long is walked in shares, and told as if in one go."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support import shop_rows
from tests.support.worker_processes import environment
from tickets.audit import receipts
from tickets.models import Receipt, Ticket
from triage.management.commands import verify_receipts


def write(count: int) -> None:
    """So many receipts of one ticket."""
    ticket: Ticket = shop_rows.ticket()
    for number in range(count):
        receipts.append_receipt(
            ticket=ticket, step="note", actor_kind="rule", actor=f"test {number}", status="ok"
        )


def tamper(statement: str) -> None:
    """What somebody with the keys of the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def run() -> list[str]:
    """What the command says of the chain."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_receipts", stdout=out, stderr=err)
    except CommandError as error:
        return [*err.getvalue().splitlines(), str(error)]
    return out.getvalue().splitlines()


@pytest.mark.django_db
def test_a_whole_chain_is_said_to_be_whole() -> None:
    write(2)
    assert run() == ["2 receipts, none missing, none changed."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tickets_receipt SET label = 'other' WHERE seq IN (3, 4)",
        "DELETE FROM tickets_receipt WHERE seq IN (1, 3, 4)",
        "DELETE FROM tickets_receipt WHERE seq BETWEEN 3 AND 6",
        "UPDATE tickets_receipt SET previous_sha256 = '' WHERE seq = 4",
        "UPDATE tickets_receipt SET seq = seq - 1 WHERE seq < 2",
        """UPDATE tickets_receipt SET output = '{"amount": 1e300}' WHERE seq = 5""",
    ],
)
def test_shares_find_what_one_walk_finds(statement: str) -> None:
    write(8)
    tamper(statement)
    whole = list(receipts.verify_chain())
    ends = [(0, 3), (3, 6), (6, None)]
    assert [fault for end in ends for fault in receipts.verify_chain(*end)] == whole
    assert whole


@pytest.mark.django_db(transaction=True)
def test_processes_tell_it_in_the_order_of_the_chain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    write(5)
    tamper("DELETE FROM tickets_receipt WHERE seq = 2")
    whole = list(receipts.verify_chain())
    for name, value in environment(tmp_path, "").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(verify_receipts, "SHARE_RECEIPTS", 2)
    assert run() == [*whole, "2 faults: the record was tampered with or damaged."]


@pytest.mark.django_db
def test_a_page_of_receipts_is_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    write(6)
    monkeypatch.setattr(receipts, "MAX_PAGE_RECEIPTS", 3)
    with CaptureQueriesContext(connection) as asked:
        assert list(receipts.verify_chain()) == []
    assert len(asked) == 3
    assert Receipt.objects.count() == 6
