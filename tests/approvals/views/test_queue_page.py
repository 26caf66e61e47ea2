"""The queue: each supervisor sees what they may decide, narrowed and in their order."""

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

from approvals import queue_pages, services
from approvals.models import ApprovalLimit, Execution, Reader, Refund
from approvals.payments import ledger, outbox
from approvals.payments.responses import Declined
from tests.conftest import forget_actor
from tests.support import ticket_stories
from tests.support.decision_form import decide, page
from tickets.models import Customer

QUEUE = reverse("approvals:queue")


@pytest.fixture
def marta(sol: User) -> Customer:
    return ticket_stories.marta()


def asked(customer: Customer, amount: str, **more: Any) -> Refund:
    by = more.pop("by", None)
    made = ticket_stories.ticket(customer, subject=f"About {amount}")
    return ticket_stories.refund_of(made, by=by, amount=amount, **more)


def mine(client: Client, query: str = "") -> list[str]:
    """The amounts in the person's own queue, as listed."""
    return [str(refund.amount) for refund in client.get(f"{QUEUE}?{query}").context["mine"]]


def test_filters_are_in_the_address_and_narrow_the_queue(as_sol: Client, marta: Customer) -> None:
    asked(marta, "5.00", risk=2, reasons=["ALL_PIECES_OF_A_LINE"])
    asked(marta, "20.00", risk=1)
    asked(marta, "42.00")
    assert mine(as_sol) == ["5.00", "20.00", "42.00"]
    assert mine(as_sol, "least=10") == ["20.00", "42.00"]
    assert mine(as_sol, "least=10&most=30") == ["20.00"]
    assert mine(as_sol, "risk=2") == ["5.00"]
    assert mine(as_sol, "reason=ALL_PIECES_OF_A_LINE") == ["5.00"]
    assert mine(as_sol, "currency=EUR") == []
    assert mine(as_sol, "currency=gbp&sort=amount") == ["42.00", "20.00", "5.00"]
    assert mine(as_sol, "sort=risk") == ["5.00", "20.00", "42.00"]


def test_filters_by_age_and_the_soonest_end(as_sol: Client, marta: Customer) -> None:
    old, young = asked(marta, "5.00"), asked(marta, "20.00")
    Refund.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=30))
    Refund.objects.filter(pk=young.pk).update(expires_at=timezone.now() + timedelta(hours=3))
    assert mine(as_sol, "age=24") == ["5.00"]
    assert mine(as_sol, "age=72") == []
    assert mine(as_sol, "sort=ends") == ["20.00", "5.00"]


def test_a_filter_that_makes_no_sense_is_said_and_hides_nothing(
    as_sol: Client, marta: Customer
) -> None:
    asked(marta, "5.00")
    answer = as_sol.get(f"{QUEUE}?least=lots")
    assert answer.status_code == 200
    assert "Enter a number" in answer.content.decode()
    assert "£5.00" in answer.content.decode()


def test_reasons_to_choose_from_are_those_of_the_queue(as_sol: Client, marta: Customer) -> None:
    asked(marta, "5.00", reasons=["FINAL_SALE_LEFT_OUT", "Delivered 13 days ago"])
    shown = as_sol.get(QUEUE)
    assert shown.context["reasons"] == ["FINAL_SALE_LEFT_OUT"]
    assert "Final sale items are left out" in shown.content.decode()


def test_others_are_short_and_say_why(as_sol: Client, sol: User, marta: Customer) -> None:
    asked(marta, "42.00", by=sol)
    shown = as_sol.get(QUEUE).content.decode()
    assert mine(as_sol) == []
    assert "You asked for this refund, so somebody else has to decide." in shown
    assert "About 42.00" not in shown


def test_above_the_limit_it_waits_for_somebody_else(as_sol: Client, marta: Customer) -> None:
    ApprovalLimit.objects.update(up_to=10)
    asked(marta, "42.00")
    assert mine(as_sol) == []
    assert "is above your limit of £10.00" in as_sol.get(QUEUE).content.decode()


def test_what_a_rule_leaves_to_a_group_waits_for_that_group(
    as_sol: Client, sol: User, marta: Customer
) -> None:
    refund = asked(marta, "42.00")
    leads = Group.objects.create(name="leads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("approvals.separation_of_duties.find_reviewers", lambda refund: leads)
        kept = asked(marta, "20.00")
    assert mine(as_sol) == [str(refund.amount)]
    assert "leaves this amount to “leads”" in page(as_sol, kept)
    forget_actor()
    sol.groups.add(leads)
    assert mine(as_sol) == ["42.00", "20.00"]


def test_what_was_handed_to_sam_is_not_sols_until_it_waits_too_long(
    as_sol: Client, sol: User, sam: User, marta: Customer
) -> None:
    refund = asked(marta, "42.00")
    services.reassign_refund(refund.pk, by=sol, to=sam, why="Yours.")
    assert mine(as_sol) == []
    assert "It was handed to sam." in as_sol.get(QUEUE).content.decode()
    Refund.objects.update(escalated_at=timezone.now())
    assert mine(as_sol) == ["42.00"]
    assert mine(as_sol, "whose=me") == []
    assert mine(as_sol, "whose=late") == ["42.00"]
    assert "Waiting too long" in as_sol.get(QUEUE).content.decode()


def test_a_row_says_that_it_needs_two_and_how_many_are_in(
    as_sol: Client, sam: User, marta: Customer
) -> None:
    ApprovalLimit.objects.update(two_above=40)
    refund = asked(marta, "42.00")
    seen = services.compute_fingerprint(refund)
    services.decide_refund(refund.pk, by=sam, verdict="approve", reason="Fine.", seen=seen)
    assert "needs two people (1 in)" in as_sol.get(QUEUE).content.decode()


def test_the_page_knows_its_place_and_the_next_under_the_same_filters(
    as_sol: Client, marta: Customer
) -> None:
    five, twenty, forty = (asked(marta, amount) for amount in ("5.00", "20.00", "42.00"))
    first = as_sol.get(f"{twenty.get_absolute_url()}?sort=amount&least=10")
    assert (first.context["place"].number, first.context["place"].of) == (2, 2)
    assert first.context["place"].next == forty.pk
    assert "2 of 2" in first.content.decode()
    assert f"{forty.get_absolute_url()}?sort=amount&amp;least=10" in first.content.decode()
    assert as_sol.get(twenty.get_absolute_url()).context["place"].next == forty.pk
    assert as_sol.get(forty.get_absolute_url()).context["place"].next == five.pk


def test_after_a_decision_the_next_of_the_filtered_queue_opens(
    as_sol: Client, marta: Customer
) -> None:
    five, twenty, forty = (asked(marta, amount) for amount in ("5.00", "20.00", "42.00"))
    look = as_sol.get(twenty.get_absolute_url()).context["look"]
    data = {
        "verdict": "return",
        "reason": "Which?",
        "seen": look.fingerprint,
        "look": str(look.pk),
    }
    address = reverse("approvals:decide", args=[twenty.pk])
    answer = as_sol.post(f"{address}?least=10", data)
    assert answer["location"] == f"{forty.get_absolute_url()}?least=10"
    assert five.state == Refund.State.PENDING


def test_only_ones_own_decisions_are_listed(as_sol: Client, sam: User, marta: Customer) -> None:
    refund = asked(marta, "42.00")
    seen = services.compute_fingerprint(refund)
    services.decide_refund(refund.pk, by=sam, verdict="reject", reason="By sam.", seen=seen)
    other = asked(marta, "20.00")
    decide(as_sol, other, "reject", reason="By sol.")
    shown = as_sol.get(QUEUE).content.decode()
    assert "By sol." in shown
    assert "By sam." not in shown


def test_since_sol_last_looked(as_sol: Client, sol: User, marta: Customer) -> None:
    asked(marta, "5.00")
    assert "Since you last looked" not in as_sol.get(QUEUE).content.decode()
    assert "Since you last looked" not in as_sol.get(QUEUE).content.decode()
    asked(marta, "20.00")
    assert "1 came in" in as_sol.get(QUEUE).content.decode()
    assert Reader.objects.get(person=sol).looked_at is not None


def test_there_is_no_way_to_decide_on_several_at_once(as_sol: Client, marta: Customer) -> None:
    asked(marta, "5.00")
    shown = as_sol.get(QUEUE).content.decode()
    assert 'type="checkbox"' not in shown
    assert "/decide/" not in shown


def approved(refund: Refund, by: User) -> Refund:
    seen = services.compute_fingerprint(refund)
    return services.decide_refund(refund.pk, by=by, verdict="approve", reason="Fine.", seen=seen)


def failed(refund: Refund, by: User) -> None:
    """Approved, and the payment side refused it."""
    approved(refund, by)
    execution = Execution.objects.get(refund=refund)
    assert outbox._claim_execution(execution.pk)
    ledger.record_answer(Execution.objects.get(pk=execution.pk), Declined("Too much."))


def to_pay(client: Client) -> list[str]:
    return [str(refund.amount) for refund in client.get(QUEUE).context["to_pay"]]


def test_what_failed_is_listed_until_it_is_asked_for_again(
    as_sol: Client, sol: User, marta: Customer, settings: Any
) -> None:
    settings.PAYMENT_EXECUTOR = "webhook"
    first, other = asked(marta, "5.00"), asked(marta, "9.00")
    for refund in (first, other):
        failed(refund, sol)
    approved(asked(marta, "20.00"), sol)
    assert to_pay(as_sol) == ["20.00", "5.00", "9.00"]
    ticket_stories.refund_of(first.ticket, amount="4.00")
    assert to_pay(as_sol) == ["20.00", "9.00"]


def test_how_many_are_not_paid_beyond_those_shown_is_said(
    as_sol: Client, sol: User, marta: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_pages, "MAX_ROWS_SHOWN", 2)
    for amount in ("5.00", "6.00", "7.00"):
        approved(asked(marta, amount), sol)
    assert to_pay(as_sol) == ["5.00", "6.00"]
    shown = as_sol.get(QUEUE)
    assert "1 more" in shown.content.decode()
    rest = as_sol.get(QUEUE, {"unpaid_after": shown.context["to_pay_page"].after})
    assert [str(refund.amount) for refund in rest.context["to_pay"]] == ["7.00"]


def walk(client: Client, query: str = "") -> list[list[str]]:
    """The amounts of every page of the person's queue, by the links from page to page."""
    pages, after = [], ""
    while after is not None:
        shown = client.get(f"{QUEUE}?{query}", {"after": after} if not query else None)
        if query and after:
            shown = client.get(f"{QUEUE}?{query}&after={after}")
        pages.append([str(refund.amount) for refund in shown.context["mine"]])
        after = shown.context["mine_page"].after
    return pages


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("", [["5.00", "7.00"], ["6.00", "9.00"], ["8.00"]]),
        ("sort=amount", [["9.00", "8.00"], ["7.00", "6.00"], ["5.00"]]),
        ("least=6&sort=amount", [["9.00", "8.00"], ["7.00", "6.00"]]),
    ],
)
def test_a_long_queue_is_shown_in_pages_that_hold_each_request_once(
    as_sol: Client,
    marta: Customer,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    pages: list[list[str]],
) -> None:
    monkeypatch.setattr(queue_pages, "MAX_ROWS_SHOWN", 2)
    for amount in ("5.00", "7.00", "6.00", "9.00", "8.00"):
        asked(marta, amount)
    assert walk(as_sol, query) == pages
    assert as_sol.get(f"{QUEUE}?{query}").context["count"] == sum(map(len, pages))


@pytest.mark.parametrize("gone", [[1], [2], [1, 2]])
def test_the_next_page_skips_nothing_where_sam_decided_meanwhile(
    as_sol: Client,
    sam: User,
    marta: Customer,
    monkeypatch: pytest.MonkeyPatch,
    gone: list[int],
) -> None:
    monkeypatch.setattr(queue_pages, "MAX_ROWS_SHOWN", 2)
    refunds = [asked(marta, amount) for amount in ("5.00", "6.00", "7.00", "8.00")]
    after = as_sol.get(QUEUE).context["mine_page"].after
    for index in gone:
        approved(refunds[index], sam)
    assert "8.00" in mine(as_sol, f"after={after}") or gone == [1, 2]
    left = [str(r.amount) for index, r in enumerate(refunds) if index not in gone]
    assert set(left) == set(mine(as_sol)) | set(mine(as_sol, f"after={after}"))


@pytest.mark.parametrize("place", ["x", "9-", "-", "99999999999999999999-1", "1_2"])
def test_a_place_of_somebody_elses_making_shows_the_first_page(
    as_sol: Client, marta: Customer, place: str
) -> None:
    asked(marta, "5.00")
    assert mine(as_sol, f"after={place}") == ["5.00"]


def rows_of_each_kind(marta: Customer, sol: User, sam: User, count: int) -> None:
    """Rows in sol's queue, for others (a group, asked or approved by sol), and to be paid."""
    leads = Group.objects.get_or_create(name="leads")[0]
    for _ in range(count):
        asked(marta, "5.00", rule="lamps")
        asked(marta, "6.00", by=sol)
        for amount in ("7.00", "8.00"):
            approved(asked(marta, amount), sol)
        kept = asked(marta, "9.00")
        Refund.objects.filter(pk=kept.pk).update(assigned_to=sam)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("approvals.separation_of_duties.find_reviewers", lambda refund: leads)
            asked(marta, "4.00")


def test_more_rows_take_no_more_queries(
    as_sol: Client, sol: User, sam: User, marta: Customer, django_assert_max_num_queries: Any
) -> None:
    ApprovalLimit.objects.update(two_above=7)
    order = marta.orders.get()
    order.payments.update(amount=1000)
    rows_of_each_kind(marta, sol, sam, 2)
    as_sol.get(QUEUE)
    with CaptureQueriesContext(connection) as few:
        as_sol.get(QUEUE)
    rows_of_each_kind(marta, sol, sam, 4)
    with django_assert_max_num_queries(len(few)):
        shown = as_sol.get(QUEUE)
    assert len(shown.context["mine"]) + len(shown.context["others"]) >= 20
    assert len(shown.context["to_pay"]) == 6
