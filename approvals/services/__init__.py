"""The verbs of a refund. Each is one transaction that locks, checks, writes and leaves a receipt."""

from approvals.payments.gateways.manual import record_paid
from approvals.services.answer import ask_again
from approvals.services.auto_approve import approve_by_rule
from approvals.services.decide import decide
from approvals.services.propose import Proposal, expire_overdue, propose, withdraw
from approvals.services.reassign import escalate_overdue, reassign
from approvals.services.take_back import take_back
from approvals.snapshot.build import fingerprint, is_as_approved
from approvals.snapshot.staleness import to_look_at

__all__ = [
    "Proposal",
    "approve_by_rule",
    "ask_again",
    "decide",
    "escalate_overdue",
    "expire_overdue",
    "fingerprint",
    "is_as_approved",
    "propose",
    "reassign",
    "record_paid",
    "take_back",
    "to_look_at",
    "withdraw",
]
