"""Tiers of a rule: who approves larger amounts, and how many; kept by the database too."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from approvals import separation_of_duties
from approvals.errors import Incomplete, Refused
from approvals.models import ApprovalLimit, Refund
from tests.support import shop_rows
from tests.support.refund_decisions import decide
from tests.support.tier_rows import asked, leads, rule

__all__ = ["leads"]  # fixtures


pytestmark = pytest.mark.django_db


def test_the_highest_tier_below_the_amount_says_who_and_how_many(leads: Group) -> None:
    made = rule()
    made.tiers.create(above=20, people=2)
    made.tiers.create(above=40, people=3, group=leads)
    made.tiers.create(above=60, people=3)
    refund = asked()
    assert (refund.reviewers, refund.approvers_needed) == (leads, 3)


def test_the_amount_itself_is_not_above(leads: Group) -> None:
    rule().tiers.create(above=49, people=2, group=leads)
    refund = asked()
    assert (refund.reviewers, refund.approvers_needed) == (None, 1)


def test_only_the_group_decides(leads: Group, sol: User, sam: User) -> None:
    rule().tiers.create(above=40, group=leads)
    refund = asked()
    with pytest.raises(Refused, match="leads"):
        decide(refund, sol)
    assert not separation_of_duties.list_decidable_refunds(sol).exists()
    assert decide(refund, sam).state == Refund.State.APPROVED


def test_the_tier_and_the_limits_together_the_stricter_counts(sol: User, sam: User) -> None:
    rule().tiers.create(above=40, people=1)
    ApprovalLimit.objects.update(two_above=40)
    refund = asked()
    assert refund.approvers_needed == 2
    assert decide(refund, sol).state == Refund.State.PENDING


def test_of_two_rules_the_tiers_of_both_count(leads: Group) -> None:
    rule()
    rule("lamps").tiers.create(above=40, people=2, group=leads)
    refund = asked("49.00", "30 days", "lamps")
    assert (refund.reviewers, refund.approvers_needed) == (leads, 2)
    assert separation_of_duties.count_approvers_needed(refund) == 2


def test_two_rules_that_name_two_groups_are_asked_for_one_by_one(leads: Group, sol: User) -> None:
    rule().tiers.create(above=40, group=leads)
    rule("lamps").tiers.create(above=40, group=sol.groups.get())
    with pytest.raises(Incomplete, match="leave this amount to “leads” and “"):
        asked("49.00", "30 days", "lamps")


def test_a_tier_in_another_currency_always_counts(leads: Group) -> None:
    rule(currency="EUR").tiers.create(above=4000, people=2, group=leads)
    assert asked().reviewers == leads


def test_a_lowered_number_does_not_slip_under_the_tier(sol: User) -> None:
    rule().tiers.create(above=40, people=2)
    refund = decide(asked(), sol)
    assert refund.state == Refund.State.PENDING
    with pytest.raises(IntegrityError, match="too few people"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(state="approved", approvers_needed=1)


def test_a_tier_that_came_later_counts_for_what_still_waits(sol: User, sam: User) -> None:
    made, refund = rule(), asked()
    made.tiers.create(above=40, people=2)
    assert decide(refund, sol).state == Refund.State.PENDING
    assert decide(refund, sam).state == Refund.State.APPROVED


def test_a_request_that_names_nobody_is_refused_by_the_database(leads: Group) -> None:
    refund = asked()
    rule().tiers.create(above=40, group=leads)
    fields = ("ticket", "amount", "currency", "rule", "terms", "fingerprint", "expires_at")
    other = {name: getattr(refund, name) for name in fields}
    with pytest.raises(IntegrityError, match="names other reviewers"), transaction.atomic():
        Refund.objects.create(order=shop_rows.order("HP-2000"), **other)
