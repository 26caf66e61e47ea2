"""What replaces a request for a refund, and what does not; every end leaves a receipt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.errors import Incomplete
from approvals.models import ApprovalLimit, Refund
from tests.support import shop_rows
from tests.support.refund_decisions import again, decide, refund
from tickets.models import Message, Order, Receipt

pytestmark = pytest.mark.django_db


def state(asked: Refund) -> str:
    asked.refresh_from_db()
    return asked.state


def last_receipt() -> Receipt:
    return Receipt.objects.get(status="void")


def test_a_new_proposal_replaces_the_old_one_and_a_receipt_says_so() -> None:
    first = refund()
    services.propose_refund(first.ticket, again(first), run=None, by=None)
    assert state(first) == Refund.State.VOID
    receipt = last_receipt()
    assert (receipt.step, receipt.actor) == ("request", "triage")
    assert receipt.output["refund"] == first.pk
    assert receipt.output["reason"] == "A new request took its place."


def test_ana_replaces_a_request_and_the_receipt_names_her(ana: User) -> None:
    first = refund()
    services.propose_refund(first.ticket, again(first), run=None, by=ana)
    assert state(first) == Refund.State.VOID
    assert last_receipt().actor == "ana"


def test_withdrawing_leaves_a_receipt() -> None:
    first = refund()
    services.withdraw_proposals(first.ticket)
    assert state(first) == Refund.State.VOID
    assert last_receipt().output["reason"] == "The steps were taken again."


def test_what_ana_asked_for_the_machine_does_not_replace(ana: User) -> None:
    first = refund(by=ana)
    services.withdraw_proposals(first.ticket)
    with pytest.raises(Incomplete, match=r"49\.00 GBP on order HP-1042 already waits"):
        services.propose_refund(first.ticket, again(first), run=None, by=None)
    assert state(first) == Refund.State.PENDING


def test_what_sol_approved_the_machine_does_not_replace(sol: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    first = decide(refund(), sol)
    services.withdraw_proposals(first.ticket)
    with pytest.raises(Incomplete, match="already waits"):
        services.propose_refund(first.ticket, again(first), run=None, by=None)
    assert state(first) == Refund.State.PENDING


def test_what_ran_out_does_not_stand_in_the_way(ana: User) -> None:
    first = refund(by=ana)
    Refund.objects.update(expires_at=shop_rows.days_ago(1))
    services.propose_refund(first.ticket, again(first), run=None, by=None)
    assert state(first) == Refund.State.EXPIRED


def test_ana_asks_anew_for_what_was_approved_and_changed(sol: User, ana: User) -> None:
    first = decide(refund(), sol)
    Message.objects.create(ticket=first.ticket, direction="in", text="Keep the half.")
    services.propose_refund(first.ticket, again(first), run=None, by=ana)
    assert state(first) == Refund.State.VOID


def test_what_is_approved_and_unchanged_stands_and_ana_is_told_so(sol: User, ana: User) -> None:
    first = decide(refund(), sol)
    with pytest.raises(Incomplete, match=r"49\.00 GBP on order HP-1042 is approved already"):
        services.propose_refund(first.ticket, again(first), run=None, by=ana)
    assert state(first) == Refund.State.APPROVED
    assert Refund.objects.count() == 1


def test_a_machine_still_asks_for_more_beside_what_is_approved(sol: User) -> None:
    first = decide(refund(), sol)
    services.propose_refund(first.ticket, again(first), run=None, by=None)
    assert state(first) == Refund.State.APPROVED


def test_ana_asks_anew_once_sol_took_it_back(sol: User, ana: User) -> None:
    first = decide(refund(), sol)
    services.take_back_approval(first.pk, by=sol, why="Only the mugs.")
    services.propose_refund(first.ticket, again(first), run=None, by=ana)
    assert Refund.objects.get(state="pending").amount == 20


@pytest.mark.parametrize("amount", ["1000.50", "0.01"])
def test_what_no_coins_make_up_is_not_asked_for(amount: str, ana: User) -> None:
    first = refund()
    Order.objects.filter(pk=first.order_id).update(currency="JPY")
    order = Order.objects.get(pk=first.order_id)
    asked = replace(again(first), order=order, amount=Decimal(amount))
    with pytest.raises(Incomplete, match="JPY has no smaller coins: write a whole amount"):
        services.propose_refund(
            first.ticket, replace(asked, amount=Decimal(amount)), run=None, by=ana
        )


def test_ana_is_told_what_a_yen_is_where_she_types(as_ana: Client) -> None:
    first = refund()
    Order.objects.filter(pk=first.order_id).update(currency="JPY")
    typed = {"order": first.order_id, "remedy": "refund", "amount": "10.50", "reason": "Broken."}
    page = as_ana.post(reverse("approvals:request", args=[first.ticket_id]), typed)
    assert page.status_code == 422
    told = "That cannot be paid: JPY has no smaller coins: write a whole amount."
    assert told in page.content.decode()
    assert Refund.objects.count() == 1
