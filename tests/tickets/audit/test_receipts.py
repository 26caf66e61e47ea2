"""Receipts: numbered, sealed to each other, and never changed."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from tests.support import shop_rows
from tickets.audit import receipts
from tickets.models import Receipt

pytestmark = pytest.mark.django_db


def write(**values: object) -> Receipt:
    known = {"ticket": shop_rows.ticket(), "step": "note", "actor_kind": "rule", "actor": "test"}
    return receipts.append_receipt(**{**known, "status": "ok", **values})


def test_they_are_numbered_without_gaps_and_sealed_to_the_one_before() -> None:
    first, second = write(), write()
    assert (first.seq, second.seq) == (1, 2)
    assert second.previous_sha256 == first.body_sha256
    assert list(receipts.verify_chain()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tickets_receipt SET label = 'other'",
        "DELETE FROM tickets_receipt",
        "TRUNCATE tickets_receipt CASCADE",
    ],
)
def test_the_database_refuses_to_change_them(statement: str) -> None:
    write()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Receipt.objects.count() == 1


def tamper(statement: str) -> None:
    """What somebody with the keys of the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def test_a_changed_receipt_is_found() -> None:
    write(), write(output={"amount": "10.00"})
    tamper("""UPDATE tickets_receipt SET output = '{"amount": "99.00"}' WHERE seq = 2""")
    assert list(receipts.verify_chain()) == ["Receipt 2 was changed after it was written."]


def test_a_missing_receipt_is_found() -> None:
    write(), write(), write()
    tamper("DELETE FROM tickets_receipt WHERE seq = 2")
    assert "Receipt 2 is missing: the next one found is 3." in list(receipts.verify_chain())


def test_another_model_than_the_one_asked_for_needs_a_reason() -> None:
    with pytest.raises(DatabaseError, match="no_silent_model_swap"), transaction.atomic():
        write(model_requested="focal", model_served="sentences")
    assert write(model_requested="focal", model_served="sentences", swap_reason="no file")


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert receipts.compute_sha256({"a": 1, "b": [2.5, None]}) == receipts.compute_sha256(
        {"b": [2.5, None], "a": 1}
    )
