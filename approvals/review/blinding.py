"""What is shown before the recommendation: the rows, the words and the clauses, and no verdict."""

from __future__ import annotations

from typing import Any

from approvals import refund_page
from approvals.models import Refund
from tickets import ticket_page

FACTS = ("classify", "retrieve", "summarize")  # the steps that recommend nothing


def facts(refund: Refund) -> dict[str, Any]:
    """What a person needs to make up their mind, for the page of the first opinion."""
    run = refund.run
    receipts = run.receipts.filter(step__in=FACTS).order_by("attempt", "seq") if run else []
    return {
        "cards": [card for card in ticket_page.cards(run, receipts) if card.receipt] if run else [],
        "words": refund_page.words(refund.ticket),
        **refund_page.rows(refund.ticket, refund.order),
    }
