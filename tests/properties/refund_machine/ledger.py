"""What the database says after a step, beside what it said before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from approvals.models import Decision
from tests.properties.refund_machine.payment_side import Side
from tickets.audit import receipts
from tickets.models import Receipt

Row = dict[str, Any]
Rows = dict[int, Row]
UNPAID = ("pending", "approved", "executing", "doubt")
TABLES = {
    "refunds": (
        "approvals_refund",
        "id, state, amount, currency, order_id, ticket_id, run_id, rule, terms, reviewers_id, "
        "approvers_needed, requested_by_id, assigned_to_id, expires_at, reference, seeded, "
        "fingerprint, lines",
    ),
    "decisions": (
        "approvals_decision",
        "id, refund_id, verdict, by_id, rule_id, look_id, fingerprint, amount, limit_then, reason, "
        "reason_code, requested_by_id, at",
    ),
    "executions": (
        "approvals_execution",
        'id, refund_id, "by", key, state, amount, currency, charge, reference, calls, '
        "settled_by_id",
    ),
    "looks": (
        "approvals_look",
        "id, refund_id, by_id, at, fingerprint, blind, visible_ms, first_verdict, first_amount, "
        "first_at",
    ),
    "checks": ("approvals_sealedcheck", "id, refund_id, fault, right_verdict, salt, seal"),
    "payments": ("tickets_payment", "id, order_id, kind, amount, reference"),
}
READ = (
    "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; "
    "SELECT json_build_object({})::text"
)
ROWS = "'{}', (SELECT json_agg(rows ORDER BY id) FROM (SELECT {} FROM {}) AS rows)"


def _read() -> dict[str, Any]:
    """Every table at once; what is checked when a transaction ends is checked before."""
    parts = [ROWS.format(name, columns, table) for name, (table, columns) in TABLES.items()]
    parts.append("'last', (SELECT MAX(seq) FROM tickets_receipt)")
    with connection.cursor() as cursor:
        cursor.execute(READ.format(", ".join(parts)))
        while cursor.nextset():
            pass
        (text,) = cursor.fetchone()
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


@dataclass
class Ledger:
    """``now`` and ``before`` by table and id; ``told`` are all receipts, ``news`` the new ones.

    ``outdated`` are approvals of something that was changed afterwards.
    """

    side: Side
    now: dict[str, Rows] = field(default_factory=lambda: {table: {} for table in TABLES})
    before: dict[str, Rows] = field(default_factory=dict)
    told: list[Receipt] = field(default_factory=list)
    news: list[Receipt] = field(default_factory=list)
    outdated: set[int] = field(default_factory=set)

    def read(self) -> None:
        """Take what is there now, as if every transaction ended here; receipts from the last on."""
        found, self.before = _read(), self.now
        self.now = {name: {row["id"]: row for row in found[name] or ()} for name in TABLES}
        last = self.told[-1].seq if self.told else 0
        newer = found["last"] != (last or None)
        self.news = list(Receipt.objects.filter(seq__gt=last).order_by("seq")) if newer else []
        self.told += self.news

    def new(self, table: str) -> list[Row]:
        return [row for pk, row in self.now[table].items() if pk not in self.before[table]]

    def kept(self, table: str) -> Iterable[tuple[Row, Row]]:
        """Rows as they were and as they are; one that is gone is there as empty."""
        return ((old, self.now[table].get(pk, {})) for pk, old in self.before[table].items())

    def entered(self, *states: str) -> list[Row]:
        """Refunds that are in one of the states and were in none of them."""
        old = self.before["refunds"]
        return [
            row
            for pk, row in self.now["refunds"].items()
            if row["state"] in states and old.get(pk, {}).get("state") not in states
        ]

    def newest(self, table: str, *states: str) -> list[int]:
        """Ids, newest first; of any state where none is named."""
        rows = self.now[table].values()
        return [row["id"] for row in rows if not states or row["state"] in states][::-1]

    def approvals_of(self, refund: int) -> list[Row]:
        decided = self.now["decisions"].values()
        return [d for d in decided if d["refund_id"] == refund and d["verdict"] == "approve"]

    def execution_of(self, refund: int) -> Row | None:
        found = (e for e in self.now["executions"].values() if e["refund_id"] == refund)
        return next(found, None)

    def receipts_of(self, refund: int, step: str) -> list[Receipt]:
        about = (k for k in self.told if k.output.get("refund") == refund)
        return [receipt for receipt in about if receipt.step == step]

    def outdate(self, *, but: int | None = None, **of: Any) -> None:
        """Something that these refunds rest on is being changed: whoever approved saw it before."""
        approvals = Decision.objects.filter(verdict="approve", refund__state__in=UNPAID, **of)
        self.outdated.update(approvals.exclude(refund=but).values_list("pk", flat=True))


def chain_holds(before: Receipt | None, receipt: Receipt) -> bool:
    """Whether a receipt follows the one before it and is what it was sealed as."""
    follows = (before.seq + 1, before.body_sha256) if before else (1, "")
    whole = receipt.body_sha256 == receipts.compute_sha256(receipts.build_body(receipt))
    return whole and (receipt.seq, receipt.previous_sha256) == follows
