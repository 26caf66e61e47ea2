"""A refund is paid as it was approved, and a payment is one payment whoever tells of it first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from approvals import services
from approvals.errors import Incomplete, Stale
from approvals.models import Refund
from tests import rows, stories
from tests.test_refunds import again, decide, refund
from tickets import sending
from tickets.ingest import BadRow, Did, receive_order
from tickets.models import Draft, Message, Payment, Receipt

pytestmark = pytest.mark.django_db


def imported(amount: str = "49.00", reference: str = "re_77") -> Did:
    told: dict[str, Any] = {"kind": "refund", "amount": amount, "reference": reference}
    told |= {"at": "2026-03-14T10:00:00Z", "method": "card"}
    return receive_order({"number": "HP-1042", "customer": "C1", "payments": [told]}).did


def state(asked: Refund) -> str:
    asked.refresh_from_db()
    return asked.state


def test_an_import_of_what_was_recorded_is_the_same_payment(sol: User) -> None:
    asked = decide(refund(), sol)
    services.record_paid(asked.pk, by=sol, reference="re_77")
    assert imported() == Did.UNCHANGED
    assert Payment.objects.filter(kind="refund").count() == 1
    with pytest.raises(BadRow, match="a payment is never changed"):
        imported("48.00")


def test_recording_what_was_imported_is_the_same_payment(sol: User) -> None:
    asked = decide(refund(), sol)
    imported()
    services.record_paid(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.EXECUTED
    assert Payment.objects.get(kind="refund").method == "card"
    assert Receipt.objects.get(step="pay").output["on_file"] is True


def test_another_amount_under_the_reference_is_refused(sol: User) -> None:
    asked = decide(refund(), sol)
    imported("40.00")
    with pytest.raises(Incomplete, match="check the reference"):
        services.record_paid(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.APPROVED


def test_a_payment_that_was_there_before_is_not_this_one(sol: User) -> None:
    made = refund("40.00")
    imported("40.00")
    asked = decide(made, sol)
    with pytest.raises(Incomplete, match="before this was approved"):
        services.record_paid(asked.pk, by=sol, reference="re_77")


def test_one_reference_does_not_pay_two_refunds(sol: User) -> None:
    first = decide(refund("20.00"), sol)
    services.record_paid(first.pk, by=sol, reference="re_77")
    second = decide(services.propose(first.ticket, again(first), run=None, by=None), sol)
    with pytest.raises(Incomplete, match="another refund"):
        services.record_paid(second.pk, by=sol, reference="re_77")


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
def test_what_changed_since_it_was_approved_is_not_paid(
    sol: User, change: Callable[[Refund], None]
) -> None:
    asked = decide(refund(), sol)
    change(asked)
    with pytest.raises(Stale, match="has changed since"):
        services.record_paid(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.VOID
    assert not Payment.objects.filter(reference="re_77").exists()
    receipt = Receipt.objects.get(step="pay")
    assert (receipt.status, receipt.actor, receipt.output["reference"]) == ("void", "sol", "re_77")


def test_sending_the_reply_leaves_the_approval_as_it_is(sol: User, ana: User) -> None:
    made = rows.order()
    run = stories.run_of(rows.ticket())
    draft = Draft.objects.create(ticket=run.ticket, run=run, composed_by="x", body="It is yours.")
    proposal = services.Proposal(order=made, amount=made.paid())
    asked = decide(services.propose(run.ticket, proposal, run=run, by=None), sol)
    sending.send(draft, by=ana)
    services.record_paid(asked.pk, by=sol, reference="re_77")
    assert state(asked) == Refund.State.EXECUTED


def test_the_note_and_the_names_of_the_lines_are_part_of_what_is_seen() -> None:
    asked = refund()
    seen = services.fingerprint(asked)
    asked.note = "other"
    noted = services.fingerprint(asked)
    asked.order.lines.update(name="other")
    assert len({seen, noted, services.fingerprint(asked)}) == 3
