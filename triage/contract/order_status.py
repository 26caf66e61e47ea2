"""The words shops have for the state of an order, and what a reply says in each state. Pure."""

from __future__ import annotations

from typing import Final

STATUSES: Final[dict[str, tuple[str, ...]]] = {
    "waiting": (
        *("pending", "processing", "placed", "paid", "packed", "open", "confirmed"),
        *("awaiting dispatch", "new", "being packed", "received"),
    ),
    "moving": ("shipped", "in transit", "dispatched", "out for delivery", "processed"),
    "held": ("delayed", "on hold", "backordered", "lost"),
    "done": ("delivered", "completed", "fulfilled", "collected"),
    "back": (
        *("returned", "return requested", "exchange requested", "refunded"),
        *("partly refunded", "return received"),
    ),
    "off": ("cancelled", "canceled", "void"),
}
STATE_WORDS: Final = {
    "waiting": "not sent yet",
    "moving": "on its way",
    "held": "held up",
    "done": "delivered",
    "back": "sent back",
    "off": "cancelled",
}
"""The states of ``STATUSES`` as people read them."""
OPEN_STATUSES: Final = frozenset(
    status for state in ("waiting", "moving", "held") for status in STATUSES[state]
)
ENDED_STATUSES: Final = frozenset(STATUSES["back"] + STATUSES["off"])


def find_hidden_kinds(family: str, status: str) -> set[str]:
    """The kinds that a reply about such facts does not state of an order with this status:
    neither a delivery date that is past nor the delivery of what is still on its way.
    """
    if status and status not in OPEN_STATUSES:
        return {"promised", "tracking"}
    return {"delivered"} if family == "delivery" and status else set()
