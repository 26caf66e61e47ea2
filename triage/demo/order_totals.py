"""The payments and refunds of the demo shop's orders.

Pure. Captures add up to the lines; a refund goes back the way the money came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from triage.demo.order_dates import Dates
from triage.demo.stock import compute_total

Row = dict[str, Any]

CENT = Decimal("0.01")
PARTIAL_REFUND_SHARES = (Decimal("0.1"), Decimal("0.15"), Decimal("0.2"), Decimal(1))
EARLIER_REFUND_ODDS = 0.12


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What is paid for: an order of one kind; ``quiet`` if nobody writes about it."""

    number: str
    kind: str
    lines: list[Row]
    quiet: bool

    @property
    def due(self) -> Decimal:
        return compute_total(self.lines)


def build_payments(bill: Bill, dates: Dates, rng: Random, today: date) -> list[Row]:
    """Rows of the order import: captures, then refunds. Nothing is taken while pending."""
    if bill.kind == "pending":
        return []
    captures = _build_captures(bill, rng, dates.placed)
    back, at = _choose_refund(bill, dates, rng, today)
    return [*captures, *_build_refunds(bill, captures, back, at)]


def _build_captures(bill: Bill, rng: Random, placed: datetime) -> list[Row]:
    """One capture, or a gift card and a card together."""
    method = rng.choices(["card", "paypal", "gift card"], [66, 26, 8])[0]
    parts = [(method, bill.due)]
    if method == "gift card" and bill.due > 60:
        card = Decimal(rng.choice([25, 40, 50]))
        parts = [("gift card", card), ("card", bill.due - card)]
    return [
        _build_payment_row(
            "capture",
            amount,
            placed + timedelta(seconds=20 * index),
            how,
            f"CP-{bill.number[3:]}-{index}",
        )
        for index, (how, amount) in enumerate(parts, start=1)
    ]


def _choose_refund(bill: Bill, dates: Dates, rng: Random, today: date) -> tuple[Decimal, datetime]:
    """The amount that was paid back already, and when; zero for most orders."""
    if bill.kind == "cancelled":
        return bill.due, dates.placed + timedelta(hours=rng.randint(5, 44))
    if bill.kind == "refunded":
        agreed = today - timedelta(days=rng.randint(4, 11))
        return bill.due, datetime.combine(agreed, dates.placed.timetz())
    earlier = bill.quiet and bill.kind in {"delivered weeks ago", "delivered long ago"}
    if earlier and rng.random() < EARLIER_REFUND_ODDS and dates.delivered:
        part = rng.choice(PARTIAL_REFUND_SHARES) * Decimal(bill.lines[0]["unit_price"])
        return part.quantize(CENT), dates.delivered + timedelta(days=rng.randint(3, 20))
    return Decimal(0), dates.placed


def _build_refunds(bill: Bill, captures: list[Row], back: Decimal, at: datetime) -> list[Row]:
    """``back`` returned to where it came from, the card before the gift card."""
    rows: list[Row] = []
    for capture in reversed(captures):
        part = min(back, Decimal(capture["amount"]))
        back -= part
        if part:
            reference = f"RF-{bill.number[3:]}-{len(rows) + 1}"
            rows.append(_build_payment_row("refund", part, at, capture["method"], reference))
    return rows


def _build_payment_row(
    kind: str, amount: Decimal, at: datetime, method: str, reference: str
) -> Row:
    return {
        "kind": kind,
        "amount": f"{amount:.2f}",
        "at": at.isoformat(),
        "method": method,
        "reference": reference,
    }
