"""What a message is about: which order, which lines of it, how many pieces, what is requested.

Pure. A text only ever chooses among the customer's own rows; it brings in nothing of its own.
"""

from triage.nlu.conditional_requests import Fallback, find_fallback, find_whole_order_rule
from triage.nlu.document import Document
from triage.nlu.line_items import RequestedItems, RequestedPiece, find_requested_items
from triage.nlu.money_at_stake import MONEY_ASKED, PRICE_DIFFERENCE, Stake, find_stake
from triage.nlu.order_linking import NAMED_IN_MESSAGE, SEVERAL_ORDERS, OrderLink, link_order
from triage.nlu.other_orders import find_other_order_question
from triage.nlu.requests import Request, RequestKind, find_money_requests, find_requests

__all__ = [
    "Document",
    "Fallback",
    "MONEY_ASKED",
    "NAMED_IN_MESSAGE",
    "OrderLink",
    "PRICE_DIFFERENCE",
    "Request",
    "RequestKind",
    "RequestedItems",
    "RequestedPiece",
    "SEVERAL_ORDERS",
    "Stake",
    "find_fallback",
    "find_money_requests",
    "find_other_order_question",
    "find_requested_items",
    "find_requests",
    "find_stake",
    "find_whole_order_rule",
    "link_order",
]
