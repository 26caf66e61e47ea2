"""A replacement is a request like any other: in the queue, decided by people, and no money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals import payments, services
from approvals.errors import Refused
from approvals.models import Refund, RefundRule
from tests.support import shop_rows
from tests.support.refund_decisions import decide
from tests.support.triaged_shop import shop, triaged
from tickets import intake
from tickets.delivery.sending import UnapprovedCommitment
from tickets.models import Draft, Offer, Order, Ticket
from tickets.queue import run_queue
from triage.pipeline import send_guard, worker
from triage.pipeline.case_builder import build_case, build_order
from triage.refunds.proposal import propose_remedy

__all__ = ["shop"]  # fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_maya(shop: None) -> Refund:
    """The kettle is to be replaced, by the rule of the shop."""
    RefundRule.objects.update(remedy="replacement")
    shop_rows.order()
    triaged()
    return Refund.objects.get()


def approve(refund: Refund, by: User) -> Refund:
    return decide(refund, by, sure=refund.conditions)


def run_again(ticket: Ticket) -> str:
    """The reply that is written once people have decided."""
    worker.execute_run(run_queue.enqueue_run(ticket, reason="decided").pk)
    return Draft.objects.latest("pk").body


def test_what_a_reply_says_is_under_review_is_in_the_queue(
    request_of_maya: Refund, as_sol: Client
) -> None:
    assert "replacement" in Draft.objects.get().body
    assert (request_of_maya.state, request_of_maya.remedy) == ("pending", "replacement")
    assert (request_of_maya.amount, request_of_maya.order.number) == (Decimal("49.00"), "HP-1042")
    assert [line["name"] for line in request_of_maya.lines] == ["Enamel kettle"]
    shown = as_sol.get(reverse("approvals:queue")).content.decode()
    assert "replacement on HP-1042" in shown
    assert request_of_maya.ticket.status == Ticket.Status.READY


@pytest.mark.parametrize(
    ("available", "condition"),
    [
        (None, "No row says whether Enamel kettle is in stock: be sure that one can be sent."),
        (False, "Enamel kettle is not on sale now: be sure that one can be sent."),
        (True, ""),
    ],
)
def test_who_approves_is_told_whether_there_is_one_to_send(
    shop: None, available: bool | None, condition: str
) -> None:
    RefundRule.objects.update(remedy="replacement")
    shop_rows.order()
    if available is not None:
        Offer.objects.create(
            sku="K1", product="k", name="Enamel kettle", unit_price=49, available=available
        )
    triaged()
    assert Refund.objects.get().conditions == [condition] * bool(condition)


def test_a_whole_order_is_worth_its_things_and_no_delivery(shop: None) -> None:
    RefundRule.objects.update(remedy="replacement")
    order = shop_rows.order()
    order.lines.create(name="Delivery", category="delivery", unit_price="4.95")
    order.payments.update(amount="93.95")
    triaged("I would like to send it back: the kettle and both lamps.")
    assert Refund.objects.get().amount == Decimal("89.00")


def test_its_receipt_speaks_of_a_replacement_and_not_of_money(
    request_of_maya: Refund, as_ana: Client
) -> None:
    page = as_ana.get(request_of_maya.ticket.get_absolute_url()).content.decode()
    assert "A replacement, once approved" in page
    assert "Nothing is sent before a person approves it." in page
    assert "Money back" not in page


def test_no_payment_service_hears_of_it_and_a_person_sends_it(
    request_of_maya: Refund, sol: User, ana: User, settings: object
) -> None:
    settings.PAYMENT_EXECUTOR = "webhook"  # type: ignore[attr-defined]
    refund = approve(request_of_maya, sol)
    assert payments.get_payment_status(refund).by_hand
    payments.record_manual_payment(refund.pk, by=ana, reference="HP-2000")
    refund.refresh_from_db()
    assert (refund.state, refund.reference) == ("executed", "HP-2000")
    found = build_order(Order.objects.get())
    assert (found.amount_left, [line.returned for line in found.lines]) == (Decimal(40), [1, 0])


def test_once_approved_the_reply_says_so_and_speaks_of_no_money(
    request_of_maya: Refund, sol: User
) -> None:
    refund = approve(request_of_maya, sol)
    found = propose_remedy(build_case(refund.ticket))
    assert (found.words, found.amount) == ("approved replacement", None)
    body = run_again(refund.ticket)
    assert "replacement" in body
    assert "approved" in body or "decided" in body
    assert "49.00" not in body


def test_it_bears_out_no_word_about_money(request_of_maya: Refund, sol: User, ana: User) -> None:
    ticket = approve(request_of_maya, sol).ticket
    run_again(ticket)
    draft = Draft.objects.latest("pk")
    send_guard.refuse_unapproved(draft, ticket)
    draft.edited_body = "Your refund of £49.00 has been approved and will be paid."
    with pytest.raises(UnapprovedCommitment):
        send_guard.refuse_unapproved(draft, ticket)
    payments.record_manual_payment(request_of_maya.pk, by=ana, reference="HP-2000")
    draft.edited_body = "Your refund of £49.00 has been paid."
    with pytest.raises(UnapprovedCommitment):
        send_guard.refuse_unapproved(draft, ticket)


def test_no_fact_tells_the_customer_of_money_that_went_back(
    request_of_maya: Refund, sol: User, ana: User
) -> None:
    approve(request_of_maya, sol)
    payments.record_manual_payment(request_of_maya.pk, by=ana, reference="HP-2000")
    kinds = {fact.kind for fact in build_case(request_of_maya.ticket).facts}
    assert "spent" in kinds
    assert not kinds & {"refunded", "refunds"}


def test_the_totals_of_the_shop_know_nothing_of_it_and_still_come_in(
    request_of_maya: Refund, sol: User, ana: User
) -> None:
    approve(request_of_maya, sol)
    payments.record_manual_payment(request_of_maya.pk, by=ana, reference="HP-2000")
    row = {"number": "HP-1042", "customer": "C1", "refunded": "0"}
    assert intake.receive_order(row).did == "unchanged"
    assert intake.receive_order({**row, "refunded": "5.00"}).did == "updated"
    assert Order.objects.get().compute_refunded_total() == Decimal("54.00")


def test_what_was_replaced_is_not_paid_back_besides(request_of_maya: Refund, sol: User) -> None:
    approve(request_of_maya, sol)
    RefundRule.objects.update(remedy="refund")
    asked = services.Proposal(order=Order.objects.get(), amount=Decimal("89.00"))
    refund = services.propose_refund(shop_rows.ticket(), asked, run=None, by=None)
    with pytest.raises(Refused, match="more than was paid"):
        decide(refund, sol)


def ask(by: Client, ticket: Ticket, **said: object) -> Any:
    return by.post(reverse("triage:replacement", args=[ticket.pk]), said)


def test_ana_asks_for_a_replacement_by_hand_and_sol_decides(
    db: None, as_ana: Client, ana: User, sol: User
) -> None:
    order, ticket = shop_rows.order(), shop_rows.ticket()
    kettle = f"line-{order.pk}-0"
    shown = as_ana.get(reverse("triage:replacement", args=[ticket.pk])).content.decode()
    assert "Enamel kettle" in shown
    assert "2 of 2 can be replaced" in shown
    said = ask(as_ana, ticket, **{kettle: "1"}, why="The spout leaks.")
    assert said.status_code == 302
    refund = Refund.objects.get()
    assert (refund.remedy, refund.amount, refund.requested_by) == (
        "replacement",
        Decimal("49.00"),
        ana,
    )
    assert [(line["name"], line["quantity"]) for line in refund.lines] == [("Enamel kettle", 1)]
    assert refund.note == "The spout leaks."
    assert refund.conditions == [
        "No row says whether Enamel kettle is in stock: be sure that one can be sent."
    ]
    assert approve(refund, sol).state == "approved"


def test_what_cannot_be_replaced_is_said_and_nothing_is_asked_for(
    db: None, as_ana: Client, sol: User
) -> None:
    order, ticket = shop_rows.order(), shop_rows.ticket()
    other = Order.objects.create(customer=order.customer, number="HP-1043", status="delivered")
    other.lines.create(name="Vase", unit_price="5.00")
    kettle, vase = f"line-{order.pk}-0", f"line-{other.pk}-0"
    for pieces, words in (
        ({}, "how many of what"),
        ({kettle: "0"}, "how many of what"),
        ({kettle: "2"}, "There is only 1 to replace."),
        ({kettle: "1", vase: "1"}, "about one order"),
        ({vase: "1"}, "is left, so nothing"),
    ):
        said = ask(as_ana, ticket, **pieces, why="Broken.")
        assert said.status_code in {409, 422}, words
        assert words in said.content.decode()
    assert ask(as_ana, ticket, **{kettle: "1"}).status_code == 422
    assert not Refund.objects.exists()


def test_what_was_replaced_already_is_not_offered_again(
    request_of_maya: Refund, sol: User, as_ana: Client
) -> None:
    approve(request_of_maya, sol)
    shown = as_ana.get(reverse("triage:replacement", args=[request_of_maya.ticket_id]))
    assert "Enamel kettle" not in shown.content.decode()


def test_without_a_customer_there_is_nothing_to_send(db: None, as_ana: Client) -> None:
    stranger = Ticket.objects.create(email="who@example.org", subject="Hello")
    said = as_ana.get(reverse("triage:replacement", args=[stranger.pk])).content.decode()
    assert "nothing on file" in said


def test_only_staff_ask_for_a_replacement(db: None, client: Client, nobody: User) -> None:
    shop_rows.order()
    address = reverse("triage:replacement", args=[shop_rows.ticket().pk])
    assert client.get(address).status_code == 302
    client.force_login(nobody)
    assert client.get(address).status_code in {403, 404}
