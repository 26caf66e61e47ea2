"""What the database refuses about approvals by a rule, whoever writes them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from approvals import services as approvals
from approvals.models import Decision, Refund, RefundRule
from tests.conftest import join
from tests.support.auto_approval_rows import finished_run, set_rule, shop
from tickets.audit import receipts
from tickets.models import Correction, Payment

__all__ = ["shop"]
pytestmark = pytest.mark.django_db


def by_rule(refund: Refund, **changes: Any) -> Decision:
    known: dict[str, Any] = {
        "verdict": "approve",
        "reason": "by itself",
        "rule": RefundRule.objects.get(),
        "fingerprint": "0",
        "amount": refund.amount,
        "limit_then": RefundRule.objects.get().auto_up_to,
    }
    return Decision.objects.create(refund=refund, **{**known, **changes})


def waiting() -> Refund:
    """A request that is clear in every way and was left waiting."""
    refund = finished_run().refunds.get()
    set_rule(auto_up_to=60)
    return refund  # type: ignore[no-any-return]


def test_the_database_takes_what_is_clear() -> None:
    assert by_rule(waiting()).pk


def _with_a_payment(refund: Refund) -> None:
    Payment.objects.create(order=refund.order, kind="refund", amount=1, reference="re_0")


def _with_a_failed_check(refund: Refund) -> None:
    check = {"name": "tone", "passed": None, "value": "", "threshold": "", "because": ""}
    receipts.append_receipt(
        ticket=refund.ticket,
        run=refund.run,
        step="draft",
        actor_kind="rule",
        actor="x",
        status="ok",
        checks=[check],
        attempt=2,
    )


def _handed_to_sol(refund: Refund) -> None:
    Refund.objects.filter(pk=refund.pk).update(assigned_to=join("sol"))


@pytest.mark.parametrize(
    "spoil",
    [
        _with_a_payment,
        _with_a_failed_check,
        _handed_to_sol,
        lambda refund: Correction.objects.all().delete(),
        lambda refund: set_rule(auto_up_to=48),
        lambda refund: set_rule(active=False),
        lambda refund: set_rule(remedy="store credit"),
    ],
)
def test_the_database_refuses_an_approval_by_a_rule_where_anything_is_unclear(
    spoil: Callable[[Refund], Any],
) -> None:
    refund = waiting()
    spoil(refund)
    with pytest.raises(IntegrityError), transaction.atomic():
        by_rule(refund)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("48.00")},
        {"reasons": ["EARLIER_REFUND"]},
        {"conditions": ["Be sure that it is unused."]},
        {"risk": 1},
        {"note": "please"},
        {"terms": {"30 days": {}, "another": {}}},
        {"terms": {}},
        {"run": None},
    ],
)
def test_the_database_looks_at_the_request_itself(change: dict[str, Any]) -> None:
    refund = waiting()
    approvals.withdraw_proposals(refund.ticket)
    fields = ("order", "amount", "currency", "rule", "run", "terms", "fingerprint", "expires_at")
    known = {name: getattr(refund, name) for name in fields}
    copy = Refund.objects.create(ticket=refund.ticket, **{**known, **change})
    with pytest.raises(IntegrityError, match="only what is clear"), transaction.atomic():
        by_rule(copy)


def test_a_rule_and_one_person_are_not_two_people(sol: User) -> None:
    refund = waiting()
    by_rule(refund)
    RefundRule.objects.get().tiers.create(above=40, people=2)
    with pytest.raises(IntegrityError, match="too few people"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(state="approved", approvers_needed=1)
