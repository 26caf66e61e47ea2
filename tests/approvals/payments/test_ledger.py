"""A refund is paid as it was approved, and a payment is one payment whoever tells of it first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from approvals import services
from approvals.errors import Incomplete, NotPending
from approvals.models import Refund
from approvals.refund_rows import APPROVAL_OUTDATED
from tests.support import shop_rows, ticket_stories
from tests.support.refund_decisions import again, decide, refund
from tickets.delivery import sending
from tickets.intake import BadRow, Effect, receive_order
from tickets.models import Draft, Message, Payment, Receipt

pytestmark = pytest.mark.django_db


def imported(amount: str = "49.00", reference: str = "re_77") -> Effect:
    told: dict[str, Any] = {"kind": "refund", "amount": amount, "reference": reference}
    told |= {"at": "2026-03-14T10:00:00Z", "method": "card"}
    return receive_order({"number": "HP-1042", "customer": "C1", "payments": [told]}).did


def state(asked: Refund) -> str:
    asked.refresh_from_db()
    return asked.state


def test_an_import_of_what_was_recorded_is_the_same_payment(sol: User) -> None:
    asked = decide(refund(), sol)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert imported() == Effect.UNCHANGED
    assert Payment.objects.filter(kind="refund").count() == 1
    with pytest.raises(BadRow, match="a payment is never changed"):
        imported("48.00")


def test_recording_what_was_imported_is_the_same_payment(sol: User) -> None:
    asked = decide(refund(), sol)
    imported()
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.EXECUTED
    assert Payment.objects.get(kind="refund").method == "card"
    assert Receipt.objects.get(step="pay").output["on_file"] is True


def test_another_amount_under_the_reference_is_refused(sol: User) -> None:
    asked = decide(refund(), sol)
    imported("40.00")
    with pytest.raises(Incomplete, match="check the reference"):
        services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.APPROVED


def test_a_payment_that_was_there_before_is_not_this_one(sol: User) -> None:
    made = refund("40.00")
    imported("40.00")
    asked = decide(made, sol)
    with pytest.raises(Incomplete, match="before this was approved"):
        services.record_manual_payment(asked.pk, by=sol, reference="re_77")


def test_one_reference_does_not_pay_two_refunds(sol: User) -> None:
    first = decide(refund("20.00"), sol)
    services.record_manual_payment(first.pk, by=sol, reference="re_77")
    second = decide(services.propose_refund(first.ticket, again(first), run=None, by=None), sol)
    with pytest.raises(Incomplete, match="another refund"):
        services.record_manual_payment(second.pk, by=sol, reference="re_77")


def lines(asked: Refund) -> None:
    asked.order.lines.update(name="A smaller kettle")


def payments(asked: Refund) -> None:
    asked.order.payments.create(kind="refund", amount="1.00", reference="re_1")


def status(asked: Refund) -> None:
    asked.order.status = "returned"
    asked.order.save()


def words(asked: Refund) -> None:
    Message.objects.create(ticket=asked.ticket, direction="in", text="I keep it after all.")


@pytest.mark.parametrize("change", [lines, payments, status, words])
def test_money_that_moved_is_on_file_though_something_changed_since(
    sol: User, change: Callable[[Refund], None]
) -> None:
    asked = decide(refund(), sol)
    change(asked)
    assert services.record_manual_payment(asked.pk, by=sol, reference="re_77") == (
        APPROVAL_OUTDATED,
    )
    assert (state(asked), asked.reference) == (Refund.State.VOID, "re_77")
    payment = Payment.objects.get(reference="re_77")
    assert (payment.order, payment.kind, payment.amount) == (asked.order, "refund", asked.amount)
    receipt = Receipt.objects.get(step="pay")
    assert (receipt.status, receipt.actor, receipt.output["reference"]) == ("void", "sol", "re_77")
    assert receipt.output["changed"] == [APPROVAL_OUTDATED]
    asked.ticket.refresh_from_db()
    assert asked.ticket.status == "attention"
    assert "£49.00 was paid (ref re_77)" in asked.ticket.attention


def test_what_was_paid_though_something_changed_is_not_left_to_refund(sol: User, ana: User) -> None:
    asked = decide(refund("60.00"), sol)
    words(asked)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    with pytest.raises(Incomplete, match=r"Only 29\.00 GBP .* is left"):
        services.propose_refund(asked.ticket, again(asked, "60.00"), run=None, by=ana)


def test_what_an_import_brought_is_not_written_twice_though_something_changed(sol: User) -> None:
    asked = decide(refund(), sol)
    imported()
    words(asked)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.VOID
    assert Payment.objects.filter(kind="refund").count() == 1


def test_nothing_asks_for_it_again_by_itself(sol: User) -> None:
    asked = decide(refund(), sol)
    runs = asked.ticket.runs.count()
    words(asked)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert asked.ticket.runs.count() == runs


def test_what_sam_paid_before_sol_took_it_back_is_on_file(sol: User, sam: User) -> None:
    asked = decide(refund(), sol)
    services.take_back_approval(asked.pk, by=sol, why="Another order.")
    assert services.record_manual_payment(asked.pk, by=sam, reference="re_77")
    assert state(asked) == Refund.State.VOID
    assert asked.order.compute_refunded_total() == asked.amount


@pytest.mark.parametrize("verdict", ["reject", "return"])
def test_what_nobody_approved_is_not_recorded_as_paid(sol: User, verdict: str) -> None:
    asked = decide(refund(), sol, verdict)
    with pytest.raises(NotPending, match="re_77 was noted. If you paid it, that is not on file"):
        services.record_manual_payment(asked.pk, by=sol, reference="re_77")


def test_the_second_of_two_who_paid_learns_that_money_may_have_gone_twice(
    sol: User, sam: User
) -> None:
    asked = decide(refund(), sol)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    with pytest.raises(NotPending, match="re_78 was noted.*money may have gone twice"):
        services.record_manual_payment(asked.pk, by=sam, reference="re_78")
    with pytest.raises(NotPending, match="recorded already, as re_77"):
        services.record_manual_payment(asked.pk, by=sam, reference="re_77")


def test_sending_the_reply_leaves_the_approval_as_it_is(sol: User, ana: User) -> None:
    made = shop_rows.order()
    run = ticket_stories.run_of(shop_rows.ticket())
    draft = Draft.objects.create(ticket=run.ticket, run=run, composed_by="x", body="It is yours.")
    proposal = services.Proposal(order=made, amount=made.compute_paid_total())
    asked = decide(services.propose_refund(run.ticket, proposal, run=run, by=None), sol)
    sending.send_reply(draft, by=ana)
    services.record_manual_payment(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.EXECUTED


def test_the_note_and_the_names_of_the_lines_are_part_of_what_is_seen() -> None:
    asked = refund()
    seen = services.compute_fingerprint(asked)
    asked.note = "other"
    noted = services.compute_fingerprint(asked)
    asked.order.lines.update(name="other")
    assert len({seen, noted, services.compute_fingerprint(asked)}) == 3
