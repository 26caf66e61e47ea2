"""The page before the first opinion: the rows, the words and the clauses, and no verdict."""

from __future__ import annotations

from typing import Any

from approvals.models import Refund
from approvals.views import refund_evidence
from tickets import ticket_page

FACT_STEPS = ("classify", "retrieve", "summarize")  # the steps that recommend nothing


def build_blind_context(refund: Refund) -> dict[str, Any]:
    """The context of the first-opinion page: what a person needs to make up their mind."""
    run = refund.run
    receipts = run.receipts.filter(step__in=FACT_STEPS).order_by("attempt", "seq") if run else []
    return {
        "cards": [card for card in ticket_page.iter_cards(run, receipts) if card.receipt]
        if run
        else [],
        **refund_evidence.build_words_context(refund.ticket),
        **refund_evidence.build_order_context(refund.ticket, refund.order),
    }
