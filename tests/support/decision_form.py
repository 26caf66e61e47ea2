"""Deciding on a refund's page as a browser does: with the look and the digest that it shows."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from approvals.models import Refund


def page(client: Client, refund: Refund) -> str:
    return client.get(refund.get_absolute_url()).content.decode()


def state(refund: Refund) -> str:
    refund.refresh_from_db()
    return refund.state


def bound(client: Client, refund: Refund) -> dict[str, str]:
    """What the page's form carries unseen; something false where it has no form."""
    look = client.get(refund.get_absolute_url()).context["look"]
    return {"seen": look.fingerprint, "look": str(look.pk)} if look else {"seen": "x", "look": "1"}


def decide(client: Client, refund: Refund, verdict: str = "approve", **values: Any) -> Any:
    """The answer to a decision that was taken on the page as it is now."""
    data = {
        "verdict": verdict,
        "reason": "The rule and the photograph agree.",
        "reason_code": "not_covered" if verdict == "reject" else "",
        **bound(client, refund),
        **values,
    }
    return client.post(reverse("approvals:decide", args=[refund.pk]), data)
