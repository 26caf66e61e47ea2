"""The kinds of fact a writer can point at, and the words that describe them.

Pure. The corpus of the bundled writer is made from this same table, so that a kind
added here is a kind the next training run learns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

KINDS: Final[dict[str, str]] = {
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
}
"""kind -> what a writer reads about it. Values stay hidden, but for ``SHOWN``."""

SHOWN: Final = frozenset({"status"})
"""Kinds whose value a writer may see: words from a closed list, not customer data."""

SYMBOLS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}


def money(amount: Decimal, currency: str) -> str:
    """The amount as a customer reads it: £49.00, or 49.00 CHF."""
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{amount:,.2f}" if symbol else f"{amount:,.2f} {currency}"


MAX_FACTS: Final = 24
MAX_CLAUSES: Final = 6
