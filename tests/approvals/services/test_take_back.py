"""An approval that nobody has paid yet is taken back, on its page and by the verb."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork
from approvals.models import ApprovalLimit, Execution, Refund
from tests.support import payment_rows, ticket_stories
from tests.support.decision_form import decide, page, state
from tickets.models import Correction, Receipt

pytestmark = pytest.mark.django_db
WHY = "It was another order."


@pytest.fixture
def approved(as_sol: Client, sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    refund = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    decide(as_sol, refund)
    refund.refresh_from_db()
    return refund


def take_back(client: Client, refund: Refund, why: str = WHY) -> int:
    answer = client.post(reverse("approvals:take_back", args=[refund.pk]), {"why": why})
    return int(answer.status_code)


def test_sol_takes_it_back_and_the_receipt_says_why(as_sol: Client, approved: Refund) -> None:
    assert "Take the approval back" in page(as_sol, approved)
    assert take_back(as_sol, approved) == 302
    assert state(approved) == Refund.State.VOID
    receipt = Receipt.objects.get(step="take back")
    assert (receipt.actor, receipt.status, receipt.output["reason"]) == ("sol", "void", WHY)
    assert "Take the approval back" not in page(as_sol, approved)


def test_the_reply_is_written_anew(as_sol: Client, approved: Refund) -> None:
    approved.ticket.runs.all().update(state="done")
    take_back(as_sol, approved)
    assert approved.ticket.runs.get(state="queued").reason == "decided"


def test_a_reason_is_needed(as_sol: Client, approved: Refund, sol: User) -> None:
    assert take_back(as_sol, approved, why=" ") == 422
    with pytest.raises(Incomplete):
        services.take_back_approval(approved.pk, by=sol, why=" ")
    assert state(approved) == Refund.State.APPROVED


def test_agents_cannot(approved: Refund, ana: User) -> None:
    with pytest.raises(PermissionDenied):
        services.take_back_approval(approved.pk, by=ana, why=WHY)


def test_who_had_a_hand_in_it_cannot(approved: Refund, sam: User) -> None:
    Correction.objects.create(ticket=approved.ticket, step="classify", by=sam)
    with pytest.raises(OwnWork):
        services.take_back_approval(approved.pk, by=sam, why=WHY)


def test_above_their_limit_they_cannot(approved: Refund, sam: User) -> None:
    ApprovalLimit.objects.update(up_to=10, two_above=5)
    with pytest.raises(OverLimit):
        services.take_back_approval(approved.pk, by=sam, why=WHY)
    assert state(approved) == Refund.State.APPROVED


def test_what_is_taken_back_cannot_be_taken_back_again(approved: Refund, sam: User) -> None:
    services.take_back_approval(approved.pk, by=sam, why=WHY)
    with pytest.raises(NotPending, match="void, not approved"):
        services.take_back_approval(approved.pk, by=sam, why=WHY)


def test_what_the_payment_service_pays_is_given_up_elsewhere(sam: User, settings: Any) -> None:
    settings.PAYMENT_EXECUTOR = "webhook"
    refund = payment_rows.approved()
    with pytest.raises(NotPending, match="payment service"):
        services.take_back_approval(refund.pk, by=sam, why=WHY)
    assert Execution.objects.get(refund=refund).state == "queued"
