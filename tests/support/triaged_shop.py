"""A shop with a policy and an intent, and a ticket that the worker took through its steps."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import RefundRule
from tests.support import shop_rows
from tickets.models import Ticket
from tickets.queue import run_queue
from triage import models
from triage.contract.step import EngineUnavailable
from triage.inference.registry.pinned import Entry
from triage.pipeline import registry, worker


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop with one rule and one clause, and no model at all: the rules' rungs do the work."""
    models.Intent.objects.create(
        slug="return-request",
        name="return request",
        phrases=["send it back"],
        money=True,
        dated_by_purchase=True,
    )
    models.Intent.objects.create(
        slug="order-status", name="order status", phrases=["where is my order"]
    )
    day = shop_rows.return_policy().effective_from
    RefundRule.objects.create(
        name="30 days",
        intents=["return-request"],
        clause="returns.window",
        window_days=30,
        counts_from="delivery",
        effective_from=day,
    )

    def absent(entry: Entry) -> Any:
        raise EngineUnavailable(f"{entry.name}: no file")

    monkeypatch.setattr(registry, "_load_writer", absent)
    monkeypatch.setattr(registry, "load_encoder", lambda: absent(registry.load_entries()["minilm"]))


def triaged(text: str = "I would like to send it back, the kettle is too small.") -> Ticket:
    ticket = shop_rows.ticket(text)
    assert worker.execute_run(run_queue.enqueue_run(ticket, reason="arrived").pk)
    ticket.refresh_from_db()
    return ticket
