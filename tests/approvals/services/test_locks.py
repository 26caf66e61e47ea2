"""What is locked first, so that two who write about one order wait for each other in one order."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.models import Refund
from tests.support import shop_rows
from tests.support.refund_decisions import again, refund
from tests.support.triaged_shop import shop, triaged
from tickets.queue import run_queue
from triage.pipeline import worker as triage

__all__ = ["shop"]
pytestmark = pytest.mark.django_db


def locked_in_turn(asked: CaptureQueriesContext) -> list[str]:
    """The order and the chain of receipts, as they are first locked."""
    said = [each["sql"] for each in asked]
    order = next(
        i for i, sql in enumerate(said) if 'FROM "tickets_order"' in sql and "FOR UPD" in sql
    )
    chain = next(i for i, sql in enumerate(said) if "pg_advisory_xact_lock" in sql)
    return [name for _, name in sorted([(order, "order"), (chain, "chain")])]


def test_asking_anew_locks_the_order_before_the_chain_of_receipts(ana: User) -> None:
    first = refund()
    with CaptureQueriesContext(connection) as asked:
        services.propose_refund(first.ticket, again(first), run=None, by=ana)
    assert Refund.objects.filter(state="void").exists()
    assert locked_in_turn(asked) == ["order", "chain"]


def test_proposing_anew_after_the_steps_does_so_too(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_rows.order()
    ticket, conclude, found = triaged(), triage._finish_run, []

    def watched(*args: Any) -> None:
        with CaptureQueriesContext(connection) as asked:
            conclude(*args)
        found.append(locked_in_turn(asked))

    monkeypatch.setattr(triage, "_finish_run", watched)
    assert triage.execute_run(run_queue.enqueue_run(ticket, reason="again").pk)
    assert set(Refund.objects.values_list("state", flat=True)) == {"void", "pending"}
    assert found == [["order", "chain"]]
