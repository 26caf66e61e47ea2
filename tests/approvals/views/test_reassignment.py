"""Handing a request to a colleague, and bringing before everybody what waits too long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import separation_of_duties, services
from approvals.errors import Incomplete, NotPending, OwnWork
from approvals.models import ApprovalLimit, Care, Notice, Refund
from approvals.services import reassign
from tests.support import full_shop, ticket_stories
from tests.support.decision_form import decide, page
from tickets.models import Correction, Message, Receipt


@pytest.fixture
def refund(sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))


def hand(client: Client, refund: Refund, to: User | None, why: str = "You know it.") -> Any:
    data = {"to": str(to.pk) if to else "", "why": why}
    return client.post(reverse("approvals:hand_over", args=[refund.pk]), data)


def assigned(refund: Refund) -> User | None:
    refund.refresh_from_db()
    return refund.assigned_to


def test_sol_hands_it_to_sam_with_a_receipt(
    as_sol: Client, refund: Refund, sol: User, sam: User
) -> None:
    assert hand(as_sol, refund, sam).status_code == 302
    assert assigned(refund) == sam
    receipt = Receipt.objects.get(step="assign")
    assert (receipt.actor, receipt.output["to"]) == ("sol", "sam")
    assert receipt.output["reason"] == "You know it."
    assert "handed to sam" in page(as_sol, refund)
    assert Notice.objects.get(kind="assigned").to == sam


def test_it_can_be_handed_back_to_everybody(as_sol: Client, refund: Refund, sam: User) -> None:
    hand(as_sol, refund, sam)
    hand(as_sol, refund, None)
    assert assigned(refund) is None


def test_a_reason_is_needed_and_what_was_chosen_stays(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    answer = hand(as_sol, refund, sam, why=" ")
    assert answer.status_code == 422
    assert f'<option value="{sam.pk}" selected>' in answer.content.decode()
    assert assigned(refund) is None


def test_nobody_without_the_right_can_be_given_it(
    as_sol: Client, refund: Refund, ana: User, sol: User, sam: User
) -> None:
    assert hand(as_sol, refund, ana).status_code == 422
    with pytest.raises(Incomplete, match="ana may not decide"):
        services.reassign_refund(refund.pk, by=sol, to=ana, why="x")
    Correction.objects.create(ticket=refund.ticket, step="classify", after="x", by=sam)
    assert hand(as_sol, refund, sam).status_code == 422
    assert assigned(refund) is None


def test_who_has_a_hand_in_it_does_not_choose_who_decides(
    as_sol: Client, sol: User, sam: User, refund: Refund
) -> None:
    own = ticket_stories.refund_of(refund.ticket, by=sol)
    assert "Hand it to a colleague" not in page(as_sol, own)
    assert hand(as_sol, own, sam).status_code == 403
    with pytest.raises(OwnWork):
        services.reassign_refund(own.pk, by=sol, to=sam, why="x")
    assert assigned(own) is None


def test_what_is_closed_is_handed_to_nobody(
    as_sol: Client, refund: Refund, sol: User, sam: User
) -> None:
    decide(as_sol, refund, "reject")
    assert hand(as_sol, refund, sam).status_code == 409
    with pytest.raises(NotPending):
        services.reassign_refund(refund.pk, by=sol, to=sam, why="x")


def test_everybody_who_may_decide_is_the_same_list_as_every_queue(
    refund: Refund, sol: User, sam: User, ana: User
) -> None:
    """The list of people and the queue of each are two ways to say one thing."""
    leads = Group.objects.create(name="leads")
    people = [sol, sam, ana]
    for change in (
        lambda: None,
        lambda: Message.objects.create(
            ticket=refund.ticket, direction="out", author=sam, text="Hello"
        ),
        lambda: ApprovalLimit.objects.create(group=leads, up_to=10, two_above=5),
        lambda: ApprovalLimit.objects.exclude(group=leads).update(up_to=41),
        lambda: ApprovalLimit.objects.exclude(group=leads).update(up_to=500),
        lambda: refund.ticket.drafts.update(hands=[sol.pk]),
    ):
        change()
        allowed = set(separation_of_duties.list_eligible_approvers(refund))
        assert allowed == {
            who_ for who_ in people if refund in separation_of_duties.list_decidable_refunds(who_)
        }


def test_an_account_that_was_closed_may_not_decide(refund: Refund, sol: User, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert list(separation_of_duties.list_eligible_approvers(refund)) == [sol]


# --- what waits too long -----------------------------------------------------------


def wait(refund: Refund, **ago: float) -> None:
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - timedelta(**ago))


def test_after_the_hours_set_everybody_who_may_decide_is_told(
    refund: Refund, sol: User, sam: User
) -> None:
    Care.objects.create(currency="GBP", escalate_hours=3)
    wait(refund, hours=2.9)
    assert services.escalate_overdue() == 0
    wait(refund, hours=3.1)
    assert services.escalate_overdue() == 1
    assert services.escalate_overdue() == 0
    refund.refresh_from_db()
    assert refund.escalated_at is not None
    receipt = Receipt.objects.get(step="escalate")
    assert (receipt.actor_kind, receipt.output["told"]) == ("rule", ["sam", "sol"])
    assert set(Notice.objects.filter(kind="escalated").values_list("to", flat=True)) == {
        sol.pk,
        sam.pk,
    }


def test_where_nothing_was_set_a_day_is_too_long(refund: Refund) -> None:
    wait(refund, hours=25)
    assert services.escalate_overdue() == 1


def test_half_of_its_time_is_too_long_as_well(refund: Refund) -> None:
    wait(refund, hours=2)
    Refund.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert services.escalate_overdue() == 1


def test_the_database_finds_what_waits_too_long_whatever_currency_and_time(
    refund: Refund,
) -> None:
    hours = {"GBP": 3, "EUR": 400, "USD": 2**31 - 1, "CHF": 24}  # CHF: nothing was set
    for currency in ("GBP", "EUR", "USD"):
        Care.objects.create(currency=currency, escalate_hours=hours[currency])
    Refund.objects.update(escalated_at=timezone.now())
    for currency in hours:
        full_shop.fill_queue(refund.order, 1, currency=currency, escalated_at=None)
    waiting = Refund.objects.filter(escalated_at=None)
    for waited, left in (
        (1, 2),
        (2.9, 9),
        (3.1, 9),
        (23, 30),
        (25, 30),
        (399, 600),
        (401, 600),
        (9, 8),
    ):
        now = timezone.now()
        waiting.update(
            created_at=now - timedelta(hours=waited), expires_at=now + timedelta(hours=left)
        )
        told = reassign._list_overdue_ids(now)
        due = {one for one in hours if waited >= min(hours[one], (waited + left) / 2)}
        assert set(waiting.filter(pk__in=told).values_list("currency", flat=True)) == due


def test_what_waits_is_compared_in_two_queries_however_much_it_is(refund: Refund) -> None:
    full_shop.fill_queue(refund.order, 30, escalated_at=None)
    with CaptureQueriesContext(connection) as asked:
        assert services.escalate_overdue() == 0
    assert len(asked) == 2
    assert "citations" not in asked[1]["sql"]


def test_what_is_decided_or_ran_out_is_not_escalated(as_sol: Client, refund: Refund) -> None:
    wait(refund, hours=48)
    Refund.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert services.escalate_overdue() == 0
    Refund.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    decide(as_sol, refund, "reject")
    assert services.escalate_overdue() == 0


def test_the_page_shows_that_it_waits_too_long(as_sol: Client, refund: Refund) -> None:
    wait(refund, hours=25)
    assert "Waiting too long" not in page(as_sol, refund)
    services.escalate_overdue()
    assert "Waiting too long" in page(as_sol, refund)
