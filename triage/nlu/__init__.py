"""What a message is about: which order, which lines of it, how many pieces, and what is wished.

Pure. A text only ever chooses among the customer's own rows; it brings in nothing of its own.
"""

from triage.nlu.conditional_requests import Otherwise, only_whole, otherwise
from triage.nlu.line_items import Piece, Wanted, lines_meant
from triage.nlu.money_at_stake import ASKED, DIFFERENCE, Stake, stake_of
from triage.nlu.order_linking import NAMED, SEVERAL_ORDERS, Meant, order_meant
from triage.nlu.other_orders import beside
from triage.nlu.requests import Kind, Wish, asks_for_money, wishes

__all__ = [
    "ASKED", "DIFFERENCE", "NAMED", "SEVERAL_ORDERS", "Kind", "Meant", "Otherwise", "Piece", "Stake", "Wanted", "Wish",
    "asks_for_money", "beside", "lines_meant", "only_whole", "order_meant", "otherwise", "stake_of", "wishes",
]  # fmt: skip
