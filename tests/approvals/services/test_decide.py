"""Refunds: who may decide what, kept by the database and said in a sentence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import separation_of_duties, services
from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork, Stale
from approvals.models import ApprovalLimit, Refund
from approvals.services import propose
from tests.support import shop_rows, ticket_stories
from tests.support.refund_decisions import again, decide, refund
from tickets.models import Draft, Message, Payment, Receipt

pytestmark = pytest.mark.django_db


def test_sol_approves_and_a_receipt_says_so(sol: User) -> None:
    assert decide(refund(), sol).state == Refund.State.APPROVED
    receipt = Receipt.objects.get(step="approve")
    assert (receipt.actor, receipt.output["reason"]) == ("sol", "within 30 days")


@pytest.mark.parametrize(("verdict", "state"), [("reject", "rejected"), ("return", "returned")])
def test_sol_can_say_no_or_ask(sol: User, verdict: str, state: str) -> None:
    assert decide(refund(), sol, verdict).state == state


@pytest.mark.parametrize("verdict", ["approve", "reject", "return"])
def test_the_reply_is_written_anew_after_a_decision(sol: User, verdict: str) -> None:
    asked = refund()
    decide(asked, sol, verdict, reason="too late")
    run = asked.ticket.runs.get(state="queued")
    assert (run.reason, run.requested_by) == ("decided", None)


def test_a_reason_is_needed_for_approving_too(sol: User) -> None:
    with pytest.raises(Incomplete):
        decide(refund(), sol, reason="  ")


def test_ana_has_no_limit(ana: User) -> None:
    with pytest.raises(OverLimit):
        decide(refund(), ana)


def test_sol_cannot_approve_what_sol_asked_for(sol: User) -> None:
    with pytest.raises(OwnWork):
        decide(refund(by=sol), sol)


def test_a_superuser_cannot_either(sol: User) -> None:
    sol.is_superuser = True
    sol.save()
    with pytest.raises(OwnWork):
        decide(refund(by=sol), sol)


def test_sol_cannot_approve_what_sol_answered(sol: User) -> None:
    asked = refund()
    sent = Message.objects.create(ticket=asked.ticket, direction="out", author=sol)
    Draft.objects.create(ticket=asked.ticket, composed_by="x", body="y", message=sent)
    with pytest.raises(OwnWork, match="wrote the reply"):
        decide(asked, sol)


def test_above_the_limit_somebody_else_decides(sol: User) -> None:
    ApprovalLimit.objects.update(up_to=20)
    with pytest.raises(OverLimit, match="above your limit"):
        decide(refund(), sol)


def test_above_the_tier_it_takes_two(sol: User, sam: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    asked = refund()
    assert decide(asked, sol).state == Refund.State.PENDING
    with pytest.raises(OwnWork, match="decided on this request already"):
        decide(asked, sol)
    assert decide(asked, sam).state == Refund.State.APPROVED


def test_the_strictest_group_says_from_where_it_takes_two(sol: User, sam: User) -> None:
    asked = refund()
    leads = Group.objects.create(name="leads")
    ApprovalLimit.objects.create(group=leads, up_to=900, two_above=40)
    assert decide(asked, sol).state == Refund.State.PENDING  # by the limits of now
    assert decide(asked, sam).approvers_needed == 2


def test_a_limit_in_pounds_is_none_in_euros(sol: User) -> None:
    asked = refund(currency="EUR")
    assert not separation_of_duties.list_decidable_refunds(sol).exists()
    with pytest.raises(OverLimit, match="no approval limit in EUR"):
        decide(asked, sol)
    ApprovalLimit.objects.create(group=sol.groups.get(), currency="EUR", up_to=50, two_above=50)
    assert decide(asked, sol).state == Refund.State.APPROVED


def test_what_sol_approved_and_has_changed_since_sam_cannot_approve(sol: User, sam: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    asked = refund()
    decide(asked, sol)
    Message.objects.create(ticket=asked.ticket, direction="in", text="Actually, keep it.")
    with pytest.raises(Stale, match="sol approved this request before something changed"):
        decide(asked, sam)
    assert list(asked.decisions.values_list("by__username", flat=True)) == ["sol"]
    assert decide(asked, sam, "return").state == Refund.State.RETURNED


def test_what_was_taken_back_can_be_approved_by_the_second(sol: User, sam: User) -> None:
    ApprovalLimit.objects.update(two_above=40)
    asked = refund()
    decide(asked, sol)
    for status in ("returned", "delivered"):
        type(asked.order).objects.update(status=status)
    assert decide(asked, sam).state == Refund.State.APPROVED


def test_what_changed_since_it_was_shown_has_to_be_seen(sol: User) -> None:
    asked = refund()
    seen = services.compute_fingerprint(asked)
    Message.objects.create(ticket=asked.ticket, direction="in", text="Never mind!")
    with pytest.raises(Stale):
        decide(asked, sol, seen=seen)


def test_it_is_decided_once(sol: User, sam: User) -> None:
    asked = refund()
    decide(asked, sol)
    with pytest.raises(NotPending):
        decide(asked, sam, "reject")


def test_it_runs_out(sol: User) -> None:
    asked = refund()
    Refund.objects.update(expires_at=timezone.now() - timedelta(days=1))
    with pytest.raises(NotPending, match="ran out"):
        decide(asked, sol)
    assert services.expire_overdue() == 1
    assert Refund.objects.get().state == Refund.State.EXPIRED


def test_expiring_locks_the_ticket_before_the_refund() -> None:
    refund()
    Refund.objects.update(expires_at=shop_rows.days_ago(1))
    with CaptureQueriesContext(connection) as asked:
        services.expire_overdue()
    said = [each["sql"] for each in asked if "FOR " in each["sql"] or "UPDATE" in each["sql"]]
    tables = [sql.split("FROM")[1].split('"')[1] for sql in said[:3]]
    assert tables == ["tickets_ticket", "approvals_refund", "tickets_order"]


def test_one_that_cannot_be_closed_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = refund()
    services.propose_refund(shop_rows.ticket(), again(first), run=None, by=None)
    Refund.objects.update(expires_at=shop_rows.days_ago(1))
    close = propose._expire_refund
    monkeypatch.setattr(
        propose, "_expire_refund", lambda pk: 1 // 0 if pk == first.pk else close(pk)
    )
    assert services.expire_overdue() == 1


def test_two_requests_of_one_run_both_run_out(ana: User) -> None:
    first, run = refund(), ticket_stories.run_of(shop_rows.ticket())
    for by in (None, ana):
        services.propose_refund(run.ticket, again(first), run=run, by=by)
        Refund.objects.update(expires_at=shop_rows.days_ago(1))
        services.expire_overdue()
    assert set(Refund.objects.values_list("state", flat=True)) == {"expired"}


def test_never_more_than_was_paid(sol: User) -> None:
    with pytest.raises(Incomplete, match=r"Only 89\.00 GBP"):
        refund("89.01")


def test_two_refunds_together_never_exceed_what_was_paid(sol: User) -> None:
    first = refund("60.00")
    other = services.Proposal(order=first.order, amount=Decimal("60.00"))
    second = services.propose_refund(shop_rows.ticket(), other, run=None, by=None)
    decide(first, sol)
    with pytest.raises(Incomplete, match="more than was paid"):
        decide(second, sol)


def test_paying_out_leaves_the_payment_with_its_reference(sol: User, sam: User) -> None:
    asked = decide(refund(), sol)
    services.record_manual_payment(asked.pk, by=sam, reference="re_77")
    assert Payment.objects.get(kind="refund").reference == "re_77"
    with pytest.raises(NotPending):
        services.record_manual_payment(asked.pk, by=sam, reference="re_78")


def test_only_what_is_approved_is_paid_out(sam: User) -> None:
    with pytest.raises(NotPending):
        services.record_manual_payment(refund().pk, by=sam, reference="re_77")


def test_sol_sees_what_sol_may_decide(sol: User, sam: User) -> None:
    asked = refund(by=sol)
    assert not separation_of_duties.list_decidable_refunds(sol).exists()
    assert separation_of_duties.list_decidable_refunds(sam).get() == asked
