"""How approved money leaves: an outbox of payment orders and the ways to carry one out.

The order is a row, written with the approval. It is claimed, the claim is committed, and only
then the payment side is called, once, under a key that was stored before. What came of it is
written in one transaction; whatever may or may not have been paid is in doubt, and is asked
about under that key, never ordered under another.
"""

from approvals.payments.gateways.manual import record_manual_payment
from approvals.payments.manual_resolution import settle_payment
from approvals.payments.outbox import execute_payment, order_payment
from approvals.payments.reconciliation import reconcile_execution
from approvals.payments.status import PaymentStatus, get_payment_status
from approvals.payments.sweep import attend_execution, sweep_payments

__all__ = [
    "PaymentStatus",
    "attend_execution",
    "order_payment",
    "execute_payment",
    "reconcile_execution",
    "record_manual_payment",
    "settle_payment",
    "get_payment_status",
    "sweep_payments",
]
