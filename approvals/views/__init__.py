"""Refunds before people: the queue, the evidence, the decision, and what is done around it."""

from approvals.views.asking import ask, ask_again
from approvals.views.moving import hand_over, mails
from approvals.views.paying import paid, settle, take_back
from approvals.views.queue import queue
from approvals.views.refund import decide, refund

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
