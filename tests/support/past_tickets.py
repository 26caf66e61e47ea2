"""Tickets that were answered elsewhere, as an import leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tickets.intake.conversations import receive_conversations
from tickets.intake.outcome import Outcome
from tickets.models import Ticket

BEGIN = datetime(2026, 3, 1, 10, tzinfo=UTC)


def answered(asked: str, told: str, number: int = 1, **row: Any) -> Ticket:
    """A closed ticket with this question and this answer, a day after the one before."""
    at = BEGIN + timedelta(days=number)
    messages = [
        {"from": "customer", "name": "Marta Lind", "at": at.isoformat(), "text": asked},
        {
            "from": "agent",
            "name": "Ben",
            "at": (at + timedelta(hours=1)).isoformat(),
            "text": told,
        },
    ]
    usual = {
        "external_id": f"old-{number}",
        "name": "Marta Lind",
        "email": "marta@example.com",
        "messages": messages,
    }
    (outcome,) = receive_conversations([{**usual, **row}])
    assert isinstance(outcome, Outcome), outcome
    assert outcome.ticket is not None
    return outcome.ticket
