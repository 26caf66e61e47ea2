"""How approved money leaves: an outbox of payment orders and the ways to carry one out.

The order is a row, written with the approval. It is claimed, the claim is committed, and only
then the payment side is called, once, under a key that was stored before. What came of it is
written in one transaction; whatever may or may not have been paid is in doubt, and is asked
about under that key, never ordered under another.
"""

from approvals.payments.gateways.manual import record_paid
from approvals.payments.manual_resolution import settle
from approvals.payments.outbox import order, pay
from approvals.payments.reconciliation import reconcile
from approvals.payments.status import Standing, state_of
from approvals.payments.sweep import attend, sweep

__all__ = [
    "Standing",
    "attend",
    "order",
    "pay",
    "reconcile",
    "record_paid",
    "settle",
    "state_of",
    "sweep",
]
