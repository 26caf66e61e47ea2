"""How closely a refund has to be looked at, by reason codes alone.

Pure. The weights are set by hand and stand in one table; the words for people are in
``tickets/templatetags/show.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from triage.contract.case import Case, Order
from triage.contract.outputs import Classification

ORDINARY, RAISED, HIGH = 0, 1, 2
MANY_REFUNDS: Final = 3
"""So many refunds of one customer in ninety days are several."""
NEW_CUSTOMER_AGE: Final = timedelta(days=30)
MIN_LABEL_CONFIDENCE: Final = 0.9
RAISED_POINTS, HIGH_POINTS = 2, 4
"""From so many points on a refund is marked."""

POINTS: Final = {
    "LARGE_AMOUNT": 1,
    "LABEL_NOT_SURE": 1,
    "NEW_CUSTOMER": 1,
    "EARLIER_REFUND": 2,
    "PAID_BEYOND_THE_LINES": 2,
    "SEVERAL_REFUNDS_LATELY": 4,
    "ASKED_ELSEWHERE": 4,
    "GIVES_ORDERS": 4,
    "HIDDEN_WORDS": 4,
}
"""Reason code -> its points; a code that is not here has none. A mark that most requests bear
is one that nobody reads: what is common counts only together with something else."""


def compute_risk(reasons: Iterable[str]) -> int:
    """0 ordinary, 1 look twice, 2 high: by the points of the reasons together."""
    points = sum(POINTS.get(reason, 0) for reason in reasons)
    return HIGH if points >= HIGH_POINTS else RAISED if points >= RAISED_POINTS else ORDINARY


def iter_doubts(case: Case, order: Order, amount: Decimal) -> Iterator[str]:
    """What speaks for a second look, whatever the rule says: codes of ``POINTS``."""
    standing, confidence = case.standing, case[Classification].confidence
    if order.refunded:
        yield "EARLIER_REFUND"
    if order.asked_elsewhere:
        yield "ASKED_ELSEWHERE"
    if standing.refunds >= MANY_REFUNDS:
        yield "SEVERAL_REFUNDS_LATELY"
    if standing.since is not None and case.received - standing.since < NEW_CUSTOMER_AGE:
        yield "NEW_CUSTOMER"
    if standing.large is not None and amount > standing.large:
        yield "LARGE_AMOUNT"
    if confidence is not None and confidence < MIN_LABEL_CONFIDENCE:
        yield "LABEL_NOT_SURE"
    yield from _iter_message_doubts(case)


def _iter_message_doubts(case: Case) -> Iterator[str]:
    if case[Classification].machine_orders:
        yield "GIVES_ORDERS"
    if case.hides_words:
        yield "HIDDEN_WORDS"
