"""What a message is about: which order, which lines of it, how many pieces, and what is wished.

Pure. A text only ever chooses among the customer's own rows; it brings in nothing of its own.
"""

from triage.meant.beside import beside
from triage.meant.lines import Piece, Wanted, lines_meant
from triage.meant.orders import NAMED, SEVERAL_ORDERS, Meant, order_meant
from triage.meant.otherwise import Otherwise, only_whole, otherwise
from triage.meant.stakes import ASKED, DIFFERENCE, Stake, stake_of
from triage.meant.wishes import Kind, Wish, asks_for_money, wishes

__all__ = [
    "ASKED", "DIFFERENCE", "NAMED", "SEVERAL_ORDERS", "Kind", "Meant", "Otherwise", "Piece", "Stake", "Wanted", "Wish",
    "asks_for_money", "beside", "lines_meant", "only_whole", "order_meant", "otherwise", "stake_of", "wishes",
]  # fmt: skip
