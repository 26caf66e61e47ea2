"""A refund that waits, and deciding on it: Maya's kettle, asked for by ana."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from approvals import services
from approvals.models import Refund
from tests.support import shop_rows


def refund(amount: str = "49.00", by: User | None = None, **order: Any) -> Refund:
    made = shop_rows.order(**order)
    proposal = services.Proposal(order=made, amount=Decimal(amount))
    return services.propose_refund(shop_rows.ticket(), proposal, run=None, by=by)


def again(asked: Refund, amount: str = "20.00") -> services.Proposal:
    return services.Proposal(order=asked.order, amount=Decimal(amount))


def decide(asked: Refund, by: User, verdict: str = "approve", **changes: Any) -> Refund:
    known = {"reason": "within 30 days", "seen": services.compute_fingerprint(asked)}
    return services.decide_refund(asked.pk, by=by, verdict=verdict, **{**known, **changes})
