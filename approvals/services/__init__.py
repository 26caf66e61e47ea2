"""The services of a refund. Each is one transaction that locks, checks, writes and leaves a
receipt.
"""

from approvals.payments.gateways.manual import record_manual_payment
from approvals.services.answer_question import resubmit_with_answer
from approvals.services.auto_approve import approve_by_rule
from approvals.services.decide import decide_refund
from approvals.services.propose import Proposal, expire_overdue, propose_refund, withdraw_proposals
from approvals.services.reassign import escalate_overdue, reassign_refund
from approvals.services.take_back import take_back_approval
from approvals.snapshot.build import compute_fingerprint, is_as_approved
from approvals.snapshot.staleness import iter_stale_warnings

__all__ = [
    "Proposal",
    "approve_by_rule",
    "resubmit_with_answer",
    "decide_refund",
    "escalate_overdue",
    "expire_overdue",
    "compute_fingerprint",
    "is_as_approved",
    "propose_refund",
    "reassign_refund",
    "record_manual_payment",
    "take_back_approval",
    "iter_stale_warnings",
    "withdraw_proposals",
]
