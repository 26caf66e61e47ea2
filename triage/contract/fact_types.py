"""The kinds of fact a writer can point at, and the words that describe them.

Pure. The corpus of the bundled writer is made from this same table. A new kind needs its
sentences in ``generation/sentences`` as well, and a training that teaches its mark.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

FACT_KINDS: Final[dict[str, str]] = {
    "shop": "shop name",
    "ticket": "ticket number",
    "customer": "customer name",
    "since": "customer since",
    "orders": "number of orders",
    "spent": "spent in total",
    "refunds": "number of earlier refunds",
    "refunded": "refunded before",
    "order": "order number",
    "placed": "order placed on",
    "status": "order status",
    "promised": "delivery promised for",
    "delivered": "delivered on",
    "tracking": "tracking number",
    "total": "order total",
    "paid": "amount paid",
    "item": "item",
    "amount": "refund amount",
    "other_order": "other order",
    "said_order": "order number the customer names, none of their own orders",
    "said_amount": "amount the customer names",
    "said_date": "date the customer names",
    "said_number": "number in the customer's message",
    "said_contact": "address or phone number in the customer's message",
    "said_link": "link in the customer's message",
}
"""kind -> what a writer reads about it. Values stay hidden, but for ``SHOWN``."""

UNREPEATABLE_KINDS: Final = frozenset({"said_number", "said_contact", "said_link"})
"""Kinds that a reply never repeats: a link of a customer's could be a trap for the next reader."""

CLAUSE: Final = "clause"
MAX_SLOTS_BY_KIND: Final[dict[str, int]] = {
    "item": 4,
    "other_order": 3,
    "said_order": 2,
    "said_amount": 3,
    "said_date": 3,
    "said_number": 4,
    "said_contact": 2,
    "said_link": 2,
    CLAUSE: 3,
}
"""kind -> how many of it a writer can point at, where it is more than one."""

VISIBLE_KINDS: Final = frozenset({"status"})
"""Kinds whose value a writer may see: words from a closed list, not customer data."""

HISTORY_KINDS: Final = frozenset(
    {"since", "orders", "spent", "refunds", "refunded", "total", "ticket"}
)
"""Kinds that a summary is made of and a reply to the customer never states."""

DECISION_KINDS: Final = frozenset({"amount"})
"""Kinds that a summary does not know yet: it is written before anything is decided."""

CURRENCY_SYMBOLS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}


def format_money(amount: Decimal, currency: str) -> str:
    """The amount as a customer reads it: £49.00, or 49.00 CHF."""
    symbol, figures = CURRENCY_SYMBOLS.get(currency), f"{amount:,.{count_decimals(amount)}f}"
    return f"{symbol}{figures}" if symbol else f"{figures} {currency}"


def count_decimals(amount: Decimal) -> int:
    """The decimals it is written with: two, or as many as it has."""
    return max(2, -int(amount.as_tuple().exponent))
