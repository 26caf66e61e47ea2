"""Refunds before people: evidence first, then a decision with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.models import ApprovalLimit, Refund
from tests import stories
from tickets import replies
from tickets.models import Draft, Ticket

QUEUE = reverse("approvals:queue")


@pytest.fixture
def ticket(sol: User) -> Ticket:
    stories.policy()
    made = stories.ticket(stories.marta())
    stories.finished(made)
    return made


@pytest.fixture
def refund(ticket: Ticket) -> Refund:
    return stories.refund_of(ticket, ticket.runs.get())


def page(client: Client, refund: Refund) -> str:
    return client.get(refund.get_absolute_url()).content.decode()


def decide(client: Client, refund: Refund, verdict: str = "approve", **values: str) -> Any:
    seen = client.get(refund.get_absolute_url()).context["seen"]
    data = {
        "verdict": verdict,
        "reason": "The rule and the photograph agree.",
        "seen": seen,
        **values,
    }
    return client.post(reverse("approvals:decide", args=[refund.pk]), data)


def state(refund: Refund) -> str:
    refund.refresh_from_db()
    return refund.state


def test_sol_sees_what_waits_and_how_many(as_sol: Client, refund: Refund) -> None:
    shown = as_sol.get(QUEUE).content.decode()
    assert "£42.00" in shown
    assert '<span class="count">1<' in shown


def test_agents_do_not_see_the_queue_nor_its_link(as_ana: Client, refund: Refund) -> None:
    assert as_ana.get(QUEUE).status_code == 403
    assert QUEUE not in as_ana.get("/").content.decode().replace(refund.get_absolute_url(), "")


def test_the_evidence_comes_before_the_decision(as_sol: Client, refund: Refund) -> None:
    shown = page(as_sol, refund)
    places = [
        shown.index(words)
        for words in (
            "How the amount comes about",
            "Order HP-10423",
            "we refund a damaged item in full",
            "Photo attached",
            "In the customer's own words",
            "Record my decision",
        )
    ]
    assert places == sorted(places)


def test_sol_approves_with_a_reason(as_sol: Client, refund: Refund, sol: User) -> None:
    answer = decide(as_sol, refund)
    assert answer.url == QUEUE
    assert state(refund) == Refund.State.APPROVED
    assert refund.decisions.get().by == sol


def test_the_first_of_two_is_not_told_that_it_is_approved(as_sol: Client, refund: Refund) -> None:
    ApprovalLimit.objects.update(two_above=40)
    assert "needs 2 people" in page(as_sol, refund)
    decide(as_sol, refund)
    shown = as_sol.get(QUEUE).content.decode()
    assert "One approval is in, one more is needed" in shown
    assert "Approved:" not in shown


def test_two_who_saw_different_things_are_told_so(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    ApprovalLimit.objects.update(two_above=40)
    seen = services.fingerprint(refund)
    services.decide(refund.pk, by=sam, verdict="approve", reason="Fine.", seen=seen)
    refund.ticket.messages.create(direction="in", text="Never mind!")
    decide(as_sol, refund)
    shown = as_sol.get(QUEUE).content.decode()
    assert "Not approved: the two of you saw different things" in shown


def test_after_a_decision_the_next_one_opens(as_sol: Client, refund: Refund) -> None:
    other = stories.ticket(refund.ticket.customer, subject="napkins")
    second = stories.refund_of(other, amount="9.50")
    assert decide(as_sol, refund, "reject").url == second.get_absolute_url()


@pytest.mark.parametrize(("verdict", "after"), [("reject", "rejected"), ("return", "returned")])
def test_sol_rejects_or_asks_for_more(
    as_sol: Client, refund: Refund, verdict: str, after: str
) -> None:
    decide(as_sol, refund, verdict)
    assert state(refund) == after


def test_without_a_reason_nothing_is_decided(as_sol: Client, refund: Refund) -> None:
    answer = decide(as_sol, refund, reason="  ")
    assert answer.status_code == 422
    assert "Please say why" in answer.content.decode()
    assert state(refund) == Refund.State.PENDING


def test_without_a_verdict_the_reason_is_kept(as_sol: Client, refund: Refund) -> None:
    answer = decide(as_sol, refund, verdict="", reason="Typed already")
    assert answer.status_code == 422
    assert "Typed already" in answer.content.decode()


def test_when_something_changed_sol_looks_again_and_keeps_the_reason(
    as_sol: Client, refund: Refund
) -> None:
    answer = decide(as_sol, refund, seen="0" * 64, reason="Typed already")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Something changed since you opened this page" in shown
    assert "Typed already" in shown
    assert state(refund) == Refund.State.PENDING


def test_who_asked_is_told_why_they_may_not_decide(
    as_sol: Client, ticket: Ticket, sol: User
) -> None:
    own = stories.refund_of(ticket, by=sol)
    shown = page(as_sol, own)
    assert "You asked for this refund" in shown
    assert "Record my decision" not in shown
    assert decide(as_sol, own, reason="Mine").status_code == 403
    assert state(own) == Refund.State.PENDING


def test_who_edited_the_reply_is_told_so(as_sol: Client, refund: Refund, sol: User) -> None:
    Draft.objects.update(edited_by=sol, edited_at=stories.at("2026-11-20"), edited_body="x")
    assert "You wrote the reply on this ticket" in page(as_sol, refund)


def test_who_edited_before_the_last_editor_is_told_so(
    as_sol: Client, refund: Refund, sol: User, ana: User
) -> None:
    for by, text in ((sol, "Dear Marta"), (ana, "Hello Marta")):
        seen = replies.seen(refund.ticket, replies.open_draft(refund.ticket))
        replies.keep(refund.ticket, text=text, seen_then=seen, by=by)
    assert refund.ticket.drafts.get().hands == [sol.pk, ana.pk]
    assert "You wrote the reply on this ticket" in page(as_sol, refund)
    assert decide(as_sol, refund).status_code == 403


def test_above_the_limit_somebody_else_has_to_decide(
    as_sol: Client, ticket: Ticket, sol: User
) -> None:
    sol.groups.get().approval_limits.all().delete()
    assert "no approval limit" in page(as_sol, stories.refund_of(ticket))


def test_ana_reads_the_evidence_and_cannot_decide(as_ana: Client, refund: Refund) -> None:
    shown = page(as_ana, refund)
    assert "Supervisors decide on refunds" in shown
    assert "Record my decision" not in shown


def test_sol_records_the_payment(as_sol: Client, refund: Refund) -> None:
    decide(as_sol, refund)
    assert "Record as paid" in page(as_sol, refund)
    as_sol.post(reverse("approvals:paid", args=[refund.pk]), {"reference": "re_77"})
    assert state(refund) == Refund.State.EXECUTED
    assert "re_77" in page(as_sol, refund)


def test_sol_is_warned_before_paying_what_changed(as_sol: Client, refund: Refund) -> None:
    decide(as_sol, refund)
    assert "do not pay it" not in page(as_sol, refund)
    refund.order.lines.update(name="Walnut floor lamp")
    assert "do not pay it" in page(as_sol, refund)
    answer = as_sol.post(reverse("approvals:paid", args=[refund.pk]), {"reference": "re_77"})
    assert answer.status_code == 409
    assert state(refund) == Refund.State.VOID


def test_a_reference_of_another_amount_is_refused_in_a_sentence(
    as_sol: Client, refund: Refund
) -> None:
    decide(as_sol, refund)
    refund.order.payments.create(kind="refund", amount="5.00", reference="re_77")
    answer = as_sol.post(reverse("approvals:paid", args=[refund.pk]), {"reference": "re_77"})
    assert answer.status_code == 422
    assert "Please check the reference" in answer.content.decode()
    assert state(refund) == Refund.State.APPROVED


def test_a_payment_without_reference_is_not_recorded(as_sol: Client, refund: Refund) -> None:
    decide(as_sol, refund)
    answer = as_sol.post(reverse("approvals:paid", args=[refund.pk]), {"reference": ""})
    assert answer.status_code == 422
    assert state(refund) == Refund.State.APPROVED


def test_what_is_not_approved_cannot_be_paid(as_sol: Client, refund: Refund) -> None:
    answer = as_sol.post(reverse("approvals:paid", args=[refund.pk]), {"reference": "re_1"})
    assert answer.status_code == 409


def ask(client: Client, ticket: Ticket, **values: str) -> Any:
    order = ticket.customer.orders.get(number="HP-10423")  # type: ignore[union-attr]
    data = {
        "order": str(order.pk),
        "remedy": "refund",
        "amount": "10.00",
        "reason": "Late",
        **values,
    }
    return client.post(reverse("approvals:request", args=[ticket.pk]), data)


def test_ana_asks_for_a_refund_by_hand(as_ana: Client, ticket: Ticket, ana: User) -> None:
    assert ask(as_ana, ticket).url == ticket.get_absolute_url()
    asked = Refund.objects.get()
    assert (asked.requested_by, str(asked.amount), asked.note) == (ana, "10.00", "Late")
    assert "asked for by ana" in as_ana.get(ticket.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"amount": "0"}, {"amount": "61.01"}, {"reason": ""}, {"order": "0"}]
)
def test_an_impossible_request_says_what_is_wrong(
    as_ana: Client, ticket: Ticket, wrong: dict[str, str]
) -> None:
    assert ask(as_ana, ticket, **wrong).status_code == 422
    assert not Refund.objects.exists()


def test_ana_cannot_ask_on_another_customers_order(as_ana: Client, ticket: Ticket) -> None:
    stranger = stories.ticket(None)
    order = ticket.customer.orders.get()  # type: ignore[union-attr]
    data = {"order": str(order.pk), "remedy": "refund", "amount": "1", "reason": "x"}
    answer = as_ana.post(reverse("approvals:request", args=[stranger.pk]), data)
    assert answer.status_code == 422
    assert not Refund.objects.exists()
