"""A shop whose rule approves by itself, and a run that it may approve."""

from __future__ import annotations

from typing import Any

import pghistory
import pytest
from django.contrib.auth.models import User

from approvals.models import Refund, RefundRule
from tests.conftest import join
from tests.support import shop_rows
from tickets.models import Correction
from tickets.queue import run_queue
from triage import models
from triage.contract.step import EngineUnavailable
from triage.inference.registry.pinned import Entry
from triage.pipeline import registry, worker


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    """A rule that ada lets approve up to 60.00 GBP by itself, its clause, and no model at all."""
    models.Intent.objects.create(
        slug="return-request", name="return request", phrases=["send it back"], money=True
    )
    day = shop_rows.return_policy().effective_from
    rule = RefundRule.objects.create(
        name="30 days",
        intents=["return-request"],
        clause="returns.window",
        window_days=30,
        effective_from=day,
    )
    with pghistory.context(user=ada.pk, why="small sums need nobody"):
        RefundRule.objects.filter(pk=rule.pk).update(auto_up_to=60)

    def absent(entry: Entry) -> Any:
        raise EngineUnavailable(f"{entry.name}: no file")

    monkeypatch.setattr(registry, "_load_writer", absent)
    monkeypatch.setattr(registry, "load_encoder", lambda: absent(registry.load_entries()["minilm"]))


def triaged(
    text: str = "I would like to send it back, the kettle is too small.",
    *,
    labelled_by: str = "ben",
) -> Refund | None:
    """Maya's ticket, labelled by a person, through all steps; the refund it led to."""
    ticket = shop_rows.ticket(text)
    if labelled_by:
        Correction.objects.create(
            ticket=ticket, step="classify", after="return-request", by=join(labelled_by)
        )
    assert worker.execute_run(run_queue.enqueue_run(ticket, reason="arrived").pk)
    return Refund.objects.filter(ticket=ticket).last()


def set_rule(**changes: Any) -> None:
    with pghistory.context(user=join("ada").pk, why="a test"):
        RefundRule.objects.update(**changes)


def finished_run() -> Any:
    shop_rows.order()
    set_rule(auto_up_to=0)
    refund = triaged()
    assert refund is not None
    assert refund.run is not None
    return refund.run
