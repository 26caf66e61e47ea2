"""Rules with tiers, the group of team leads, and requests under them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from approvals import services
from approvals.models import ApprovalLimit, Refund, RefundRule
from tests.support import shop_rows


@pytest.fixture
def leads(sam: User) -> Group:
    """A group with a limit of its own; sam is in it."""
    group = Group.objects.create(name="leads")
    ApprovalLimit.objects.create(group=group, up_to=900, two_above=900)
    sam.groups.add(group)
    return group


def rule(name: str = "30 days", **values: Any) -> RefundRule:
    return RefundRule.objects.create(
        name=name,
        intents=["return-request"],
        clause="returns.window",
        effective_from="2024-01-01",
        **values,
    )


def asked(amount: str = "49.00", *rules: str) -> Refund:
    names = rules or ("30 days",)
    proposal = services.Proposal(
        order=shop_rows.order(),
        amount=Decimal(amount),
        rule=names[0],
        terms={name: {"remedy": "refund"} for name in names},
    )
    return services.propose_refund(shop_rows.ticket(), proposal, run=None, by=None)
