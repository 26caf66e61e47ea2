"""The record of approvals: requests, decisions, rules, payments and page views."""

from approvals.models.accounts import AccountChange, AccountConfirmation
from approvals.models.looks import Care, Look, SealedCheck
from approvals.models.notices import Notice, Reader
from approvals.models.payments import Execution
from approvals.models.refunds import Decision, Refund
from approvals.models.rules import ApprovalLimit, RefundRule, RuleTier

__all__ = [
    "AccountChange",
    "AccountConfirmation",
    "ApprovalLimit",
    "Care",
    "Decision",
    "Execution",
    "Look",
    "Notice",
    "Reader",
    "Refund",
    "RefundRule",
    "RuleTier",
    "SealedCheck",
]
