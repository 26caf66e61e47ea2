"""Refunds before people: the queue, the evidence, the decision, and what is done around it."""

from approvals.views.payment_actions import paid, settle, take_back
from approvals.views.queue_page import queue
from approvals.views.reassignment import hand_over, mails
from approvals.views.refund_detail import decide, refund
from approvals.views.refund_requests import ask, ask_again

__all__ = [
    "ask",
    "ask_again",
    "decide",
    "hand_over",
    "mails",
    "paid",
    "queue",
    "refund",
    "settle",
    "take_back",
]
