"""Asking by hand, renaming a rule or lowering a number changes nothing in how many approve."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from approvals import separation_of_duties, services
from approvals.errors import Refused
from approvals.models import ApprovalLimit, Refund, RefundRule
from tests.conftest import join
from tests.support.refund_decisions import decide
from tests.support.tier_rows import asked, leads, rule

__all__ = ["leads"]
pytestmark = pytest.mark.django_db


def by_hand(before: Refund, by: User, amount: str = "49.00", **more: Any) -> Refund:
    proposal = services.Proposal(order=before.order, amount=Decimal(amount), **more)
    return services.propose_refund(before.ticket, proposal, run=None, by=by)


@pytest.fixture
def for_three_leads(leads: Group) -> Refund:
    rule().tiers.create(above=40, people=3, group=leads)
    return asked()


def needs(refund: Refund) -> tuple[Group | None, int]:
    kept = Refund.objects.get(pk=refund.pk)
    return kept.reviewers, separation_of_duties.count_approvers_needed(kept)


def test_what_ana_asks_for_by_hand_still_takes_three_leads(
    for_three_leads: Refund, leads: Group, ana: User, sol: User, sam: User
) -> None:
    again = by_hand(for_three_leads, ana)
    assert (again.rule, needs(again)) == ("", (leads, 3))
    with pytest.raises(Refused, match="leaves this amount to “leads”"):
        decide(again, sol)
    assert decide(again, sam).state == Refund.State.PENDING


def test_nor_does_a_smaller_amount_or_asking_twice_help(
    for_three_leads: Refund, leads: Group, ana: User, ben: User
) -> None:
    second = by_hand(for_three_leads, ana, "10.00")
    third = by_hand(second, ben, "12.00")
    assert needs(third) == (leads, 3)


@pytest.mark.parametrize("how", ["withdrawn", "sent back"])
def test_nor_does_waiting_until_it_is_gone(
    for_three_leads: Refund, leads: Group, ana: User, sam: User, how: str
) -> None:
    if how == "withdrawn":
        services.withdraw_proposals(for_three_leads.ticket)
    else:
        decide(for_three_leads, sam, "return")
    assert needs(by_hand(for_three_leads, ana)) == (leads, 3)


def test_a_tier_that_came_while_the_first_one_waited_counts_as_well(ana: User) -> None:
    made, first = rule(), asked()
    made.tiers.create(above=40, people=2)
    assert needs(by_hand(first, ana)) == (None, 2)


def test_after_a_refusal_another_amount_is_another_matter(
    for_three_leads: Refund, ana: User, sam: User
) -> None:
    decide(for_three_leads, sam, "reject")
    assert needs(by_hand(for_three_leads, ana, "10.00")) == (None, 1)


def test_the_machines_own_new_proposal_goes_by_the_tiers_of_today(
    for_three_leads: Refund, ana: User
) -> None:
    RefundRule.objects.get().tiers.update(people=1, group=None)
    proposal = services.Proposal(order=for_three_leads.order, amount=Decimal("49.00"))
    again = services.propose_refund(for_three_leads.ticket, proposal, run=None, by=None)
    assert needs(again) == (None, 1)


def test_a_request_by_hand_under_a_rule_keeps_the_group_of_that_rule(
    for_three_leads: Refund, ana: User, sol: User
) -> None:
    supervisors = sol.groups.get()
    rule("lamps").tiers.create(above=5, group=supervisors)
    assert needs(by_hand(for_three_leads, ana, rule="lamps")) == (supervisors, 3)


def test_renaming_the_rule_leaves_the_number_as_it_was(sol: User, sam: User) -> None:
    rule().tiers.create(above=40, people=2)
    refund = asked()
    RefundRule.objects.update(name="60 days")
    assert needs(refund) == (None, 2)
    assert decide(refund, sol).state == Refund.State.PENDING
    assert decide(refund, sam).state == Refund.State.APPROVED


def test_the_database_counts_what_it_needed_before_the_rule_was_renamed(sol: User) -> None:
    rule().tiers.create(above=40, people=2)
    refund = asked()
    RefundRule.objects.update(name="60 days")
    decide(refund, sol)
    with pytest.raises(IntegrityError, match="too few people"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(state="approved", approvers_needed=1)


def test_limits_that_were_raised_meanwhile_leave_it_strict_and_it_can_be_approved(
    sol: User, sam: User
) -> None:
    ApprovalLimit.objects.update(two_above=40)
    refund = asked()
    assert decide(refund, sol).state == Refund.State.PENDING
    ApprovalLimit.objects.update(two_above=200)
    assert needs(refund) == (None, 2)
    assert decide(refund, sam).state == Refund.State.APPROVED


def test_a_tier_that_was_lowered_leaves_it_strict_and_it_can_be_approved(sol: User) -> None:
    made = rule()
    made.tiers.create(above=40, people=3)
    refund = asked()
    made.tiers.update(people=1)
    assert needs(refund) == (None, 3)
    third = User.objects.create(username="kim")
    third.groups.set(sol.groups.all())
    for person in (sol, join("sam")):
        assert decide(refund, person).state == Refund.State.PENDING
    assert decide(refund, third).state == Refund.State.APPROVED
