"""A real request, and a made-up one like it, for the tests of seeded checks."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import services
from approvals.models import Refund, SealedCheck
from approvals.review import seeded_checks
from tests.support import ticket_stories


@pytest.fixture
def real(sol: User) -> Refund:
    """What the machine asked for: one lamp of 42.00, of 61.00 paid."""
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket), amount="28.00")


@pytest.fixture
def check(real: Refund) -> SealedCheck:
    return seeded_checks.plant_check("GBP")


def decide(refund: Refund, by: User, verdict: str = "reject") -> Refund:
    seen = services.compute_fingerprint(refund)
    return services.decide_refund(refund.pk, by=by, verdict=verdict, reason="x", seen=seen)


def shown(client: Client, refund: Refund) -> str:
    return client.get(refund.get_absolute_url()).content.decode()
