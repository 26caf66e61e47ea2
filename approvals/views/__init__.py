"""The pages of refunds: the queue, the evidence, the decision, and what is done around it."""

from approvals.views.account_pages import confirm_account, show_accounts
from approvals.views.payment_actions import record_payment, settle_payment, take_back_approval
from approvals.views.queue_page import show_queue
from approvals.views.reassignment import hand_over_request, set_mail_preference
from approvals.views.refund_detail import decide_refund, show_refund
from approvals.views.refund_requests import answer_question, request_refund

__all__ = [
    "confirm_account",
    "show_accounts",
    "request_refund",
    "answer_question",
    "decide_refund",
    "hand_over_request",
    "set_mail_preference",
    "record_payment",
    "show_queue",
    "show_refund",
    "settle_payment",
    "take_back_approval",
]
