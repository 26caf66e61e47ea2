"""What a ticket of the demo shop costs with the bundled models, in counts no machine changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from tests.benchmarks import measuring
from tickets.models import Draft, Receipt, Run
from triage.demo import company, load
from triage.pipeline import worker

EVERY = 13  # of the demo's tickets: all kinds of letters are among them
WARM_UP_TICKETS = 3
MOST_A_TICKET = {
    "queries": 26,
    "encoder passes": 6.1,
    "tokens embedded": 212,
    "tokens read": 54,
    "tokens written": 78,
    "receipts": 6,
    "bytes of receipts": 34_500,
    "bytes of the run": 226,
    "bytes of the draft": 950,
}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, db: None) -> list[int]:
    """The waiting runs of a demo shop with some of its tickets."""
    build = company.build_company

    def build_small(day: Any) -> company.Company:
        built = build(day)
        return replace(built, tickets=built.tickets[::EVERY])

    monkeypatch.setattr(company, "build_company", build_small)
    load.load_demo()
    return list(Run.objects.order_by("pk").values_list("pk", flat=True))


def sum_bytes(kind: type[Receipt | Run | Draft], runs: list[int]) -> int:
    """The bytes of these runs' rows as text, which no compression changes."""
    name, column = kind._meta.db_table, "id" if kind is Run else "run_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum(octet_length(t::text)) FROM {name} t WHERE {column} = ANY(%s)", [runs]
        )
        return int(cursor.fetchone()[0])


def measure_costs(runs: list[int]) -> dict[str, float]:
    with measuring.count_trips() as trips:
        assert all(map(worker.execute_run, runs))
    assert trips.pop("connections") == 0
    written = Receipt.objects.filter(run__in=runs).exclude(step="request")
    sums = {
        **trips,
        **measuring.sum_tokens(runs),
        "receipts": written.count(),
        "bytes of receipts": sum_bytes(Receipt, runs),
        "bytes of the run": sum_bytes(Run, runs),
        "bytes of the draft": sum_bytes(Draft, runs),
    }
    return {name: count / len(runs) for name, count in sums.items()}


def test_a_ticket_costs_no_more_than_it_did(runs: list[int]) -> None:
    for run in runs[:WARM_UP_TICKETS]:
        worker.execute_run(run)
    costs = measure_costs(runs[WARM_UP_TICKETS:])
    assert {name: cost for name, cost in costs.items() if cost > MOST_A_TICKET[name]} == {}, costs
    assert {name: cost for name, cost in costs.items() if cost < MOST_A_TICKET[name] / 2} == {}
