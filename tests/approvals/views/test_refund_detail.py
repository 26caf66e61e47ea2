"""Refunds before people: evidence first, then a decision with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals.models import Refund
from tests.support import ticket_stories
from tests.support.decision_form import bound, decide, page, state
from tickets.delivery import replies
from tickets.models import Draft, Ticket

QUEUE = reverse("approvals:queue")
UNUSED = "Be sure that it is unused (returns.window)."


@pytest.fixture
def ticket(sol: User) -> Ticket:
    ticket_stories.policy()
    made = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(made)
    return made


@pytest.fixture
def refund(ticket: Ticket) -> Refund:
    return ticket_stories.refund_of(ticket, ticket.runs.get())


def test_sol_sees_what_waits_and_how_many(as_sol: Client, refund: Refund) -> None:
    shown = as_sol.get(QUEUE).content.decode()
    assert "£42.00" in shown
    assert '<span class="count">1<' in shown


def test_agents_do_not_see_the_queue_nor_its_link(as_ana: Client, refund: Refund) -> None:
    assert as_ana.get(QUEUE).status_code == 403
    assert f'href="{QUEUE}"' not in as_ana.get("/").content.decode()


def test_the_evidence_comes_before_the_decision(as_sol: Client, ticket: Ticket) -> None:
    shown = page(as_sol, ticket_stories.refund_of(ticket, ticket.runs.get(), conditions=[UNUSED]))
    places = [
        shown.index(words)
        for words in (
            "How the amount comes about",
            "Be sure of this before you approve",
            "we refund a damaged item in full",
            "Left to give back at most",
            "Photo attached",
            "In the customer's own words",
            "What is proposed, and why",
            "Record my decision",
        )
    ]
    assert places == sorted(places)


def test_sol_approves_with_a_reason(as_sol: Client, refund: Refund, sol: User) -> None:
    answer = decide(as_sol, refund)
    assert answer.url == QUEUE
    assert state(refund) == Refund.State.APPROVED
    assert refund.decisions.get().by == sol


def test_after_a_decision_the_next_one_opens(as_sol: Client, refund: Refund) -> None:
    other = ticket_stories.ticket(refund.ticket.customer, subject="napkins")
    second = ticket_stories.refund_of(other, amount="9.50")
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


def test_a_forged_digest_is_refused_and_the_reason_kept(as_sol: Client, refund: Refund) -> None:
    answer = decide(as_sol, refund, seen="0" * 64, reason="Typed already")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "not the page that was shown to you" in shown
    assert "Typed already" in shown
    assert state(refund) == Refund.State.PENDING


def test_what_changed_is_listed_and_the_page_is_fresh(as_sol: Client, refund: Refund) -> None:
    before = bound(as_sol, refund)
    refund.ticket.messages.create(direction="in", text="It was the other lamp.")
    refund.order.payments.update(amount="40.00")
    answer = decide(as_sol, refund, reason="Typed already", **before)
    assert answer.status_code == 409
    shown = answer.content.decode()
    for words in (
        "The customer wrote again.",
        "The amount paid changed from 61.00 to 40.00.",
        "It was the other lamp.",
        "Typed already",
    ):
        assert words in shown
    assert state(refund) == Refund.State.PENDING
    again = answer.context["look"]
    after = {"seen": again.fingerprint, "look": str(again.pk)}
    assert decide(as_sol, refund, "reject", **after).status_code == 302
    assert state(refund) == Refund.State.REJECTED


def test_a_page_that_was_shown_to_sam_is_none_of_sols(
    as_sol: Client, refund: Refund, sam: User
) -> None:
    other = Client()
    other.force_login(sam)
    answer = decide(as_sol, refund, **bound(other, refund))
    assert answer.status_code == 409
    assert "not the page that was shown to you" in answer.content.decode()
    assert state(refund) == Refund.State.PENDING


def test_without_the_page_it_was_decided_on_nothing_is_decided(
    as_sol: Client, refund: Refund
) -> None:
    assert decide(as_sol, refund, look="").status_code == 422
    assert state(refund) == Refund.State.PENDING


def test_each_condition_has_to_be_ticked_to_approve(as_sol: Client, ticket: Ticket) -> None:
    asked = ticket_stories.refund_of(
        ticket, ticket.runs.get(), conditions=[UNUSED, "Look at the photo."]
    )
    answer = decide(as_sol, asked, sure=[UNUSED])
    assert answer.status_code == 422
    assert "tick each of these" in answer.content.decode()
    assert state(asked) == Refund.State.PENDING
    decide(as_sol, asked, sure=[UNUSED, "Look at the photo."])
    assert state(asked) == Refund.State.APPROVED
    receipt = asked.ticket.receipts.get(step="approve")
    assert receipt.output["sure_of"] == [UNUSED, "Look at the photo."]


def test_what_is_not_sure_can_be_refused_or_asked_about(as_sol: Client, ticket: Ticket) -> None:
    asked = ticket_stories.refund_of(ticket, ticket.runs.get(), conditions=[UNUSED])
    decide(as_sol, asked, "return", reason="Was it used?")
    assert state(asked) == Refund.State.RETURNED


def test_a_refusal_needs_a_code_and_keeps_it(as_sol: Client, refund: Refund) -> None:
    answer = decide(as_sol, refund, "reject", reason_code="")
    assert answer.status_code == 422
    assert "choose why it is refused" in answer.content.decode()
    decide(as_sol, refund, "reject", reason_code="outside_window")
    decision = refund.decisions.get()
    assert decision.reason_code == "outside_window"
    assert refund.ticket.receipts.get(step="approve").output["reason_code"] == "outside_window"


def test_the_customers_files_are_named_and_linked(as_sol: Client, refund: Refund) -> None:
    file = refund.ticket.messages.get().attachments.create(
        name="shade.jpg", content_type="image/jpeg", size=9, sha256="0" * 64, content=b"x"
    )
    shown = page(as_sol, refund)
    assert "shade.jpg" in shown
    assert reverse("tickets:attachment", args=[file.pk]) in shown


def test_what_the_customer_wrote_is_quoted_and_runs_nowhere(as_sol: Client, refund: Refund) -> None:
    words = "<b>Approve this</b> without a person</blockquote>"
    refund.ticket.messages.create(direction="in", text=words)
    shown = page(as_sol, refund)
    assert words not in shown
    assert "&lt;b&gt;Approve this&lt;/b&gt;" in shown
    assert "checked by nobody" in shown


def test_a_forged_number_is_not_found(as_sol: Client, refund: Refund) -> None:
    for name in ("refund", "decide", "paid", "settle", "hand_over", "ask_again"):
        address = reverse(f"approvals:{name}", args=[refund.pk + 999])
        post = as_sol.get if name == "refund" else as_sol.post
        assert post(address).status_code == 404, name


def test_who_asked_is_told_why_they_may_not_decide(
    as_sol: Client, ticket: Ticket, sol: User
) -> None:
    own = ticket_stories.refund_of(ticket, by=sol)
    shown = page(as_sol, own)
    assert "You asked for this refund" in shown
    assert "Record my decision" not in shown
    assert decide(as_sol, own, reason="Mine").status_code == 403
    assert state(own) == Refund.State.PENDING


def test_who_edited_the_reply_is_told_so(as_sol: Client, refund: Refund, sol: User) -> None:
    Draft.objects.update(edited_by=sol, edited_at=ticket_stories.at("2026-11-20"), edited_body="x")
    assert "You wrote the reply on this ticket" in page(as_sol, refund)


def test_who_edited_before_the_last_editor_is_told_so(
    as_sol: Client, refund: Refund, sol: User, ana: User
) -> None:
    for by, text in ((sol, "Dear Marta"), (ana, "Hello Marta")):
        seen = replies.build_form_token(refund.ticket, replies.get_open_draft(refund.ticket))
        replies.save_reply_text(refund.ticket, text=text, seen_then=seen, by=by)
    assert refund.ticket.drafts.get().hands == [sol.pk, ana.pk]
    assert "You wrote the reply on this ticket" in page(as_sol, refund)
    assert decide(as_sol, refund).status_code == 403


def test_above_the_limit_somebody_else_has_to_decide(
    as_sol: Client, ticket: Ticket, sol: User
) -> None:
    sol.groups.get().approval_limits.all().delete()
    assert "no approval limit" in page(as_sol, ticket_stories.refund_of(ticket))


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
    assert answer.status_code == 302
    assert state(refund) == Refund.State.VOID
    assert "£42.00 was paid (ref re_77)" in page(as_sol, refund)


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
    stranger = ticket_stories.ticket(None)
    order = ticket.customer.orders.get()  # type: ignore[union-attr]
    data = {"order": str(order.pk), "remedy": "refund", "amount": "1", "reason": "x"}
    answer = as_ana.post(reverse("approvals:request", args=[stranger.pk]), data)
    assert answer.status_code == 422
    assert not Refund.objects.exists()
