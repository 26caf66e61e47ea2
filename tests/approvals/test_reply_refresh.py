"""The reply follows the decision: sol decides, and the next draft says so and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalLimit, Execution, Refund, RefundRule
from approvals.payments import outbox
from approvals.payments.responses import Answer, Declined, Unclear
from approvals.services import is_as_approved
from tests.support.decided_replies import asked_for, decide, rules_alone
from tests.support.run_rows import citation
from tickets.delivery import replies, sending
from tickets.models import Draft, Message, Run, Ticket
from tickets.queue import run_queue
from triage.pipeline import send_guard
from triage.pipeline import worker as machine_services
from triage.pipeline.case_builder import build_case
from triage.refunds.proposal import Proposed, propose_remedy

__all__ = ["rules_alone"]  # fixtures


pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Callable[[Refund], str]:
    """Take the run that waits on the refund's ticket; the reply as it is written then."""

    def taken(refund: Refund) -> str:
        run = refund.ticket.runs.get(state="queued")
        assert run.reason == "decided"
        assert machine_services.execute_run(run.pk)
        return Draft.objects.get(run=run).body

    return taken


Drafted = Callable[[Refund], str]


# --- what it says -----------------------------------------------------------------


def test_an_approved_refund_is_said_to_be_approved_and_not_to_be_paid(
    sol: User, draft: Drafted
) -> None:
    text = draft(decide(asked_for(), sol, "approve"))
    assert "refund of £49.00 has been approved and will be paid" in text
    assert "has been paid" not in text


def test_once_it_is_paid_the_reply_says_so(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "approve")
    services.record_manual_payment(refund.pk, by=sol, reference="re_1")
    assert "refund of £49.00 has been approved and paid" in draft(refund)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("outside_window", "because the time in which it can be asked for is over"),
        ("not_covered", "because our policy does not cover it"),
        ("no_evidence", "because we have not seen what we need for it"),
        ("other", "we cannot agree to this"),
    ],
)
def test_a_refusal_gives_its_reason_in_our_words_and_quotes_the_clause(
    sol: User, draft: Drafted, code: str, said: str
) -> None:
    refund = decide(asked_for(), sol, "reject", "Customer is a chancer.", reason_code=code)
    text = draft(refund)
    assert said in text
    assert f"“{citation()['text']}”" in text
    assert "chancer" not in text


def test_a_refusal_by_what_is_not_covered_quotes_what_excludes_it(
    sol: User, draft: Drafted
) -> None:
    RefundRule.objects.create(
        name="Thirty days",
        intents=["return-request"],
        clause="damaged.refund",
        exclusion_clause="damaged.used",
        effective_from="2020-01-01",
    )
    excluded = citation(ref="damaged.used", text="What was used cannot come back.")
    refund = asked_for(rule="Thirty days", citations=[citation(), excluded])
    text = draft(decide(refund, sol, "reject", reason_code="not_covered"))
    assert "“What was used cannot come back.”" in text


def test_a_wrong_amount_is_no_refusal_for_the_customer(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "reject", "Only one lamp.", reason_code="wrong_amount")
    text = draft(refund)
    assert "A colleague is looking into this" in text
    assert "Only one lamp." in Ticket.objects.get().attention


def test_a_question_is_put_to_the_customer_by_its_kind_alone(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "return", "Get a photo, I think she broke it herself")
    text = draft(refund)
    assert "Please reply with a photo" in text
    assert "broke it herself" not in text
    assert "sol asks before deciding on £49.00" in Ticket.objects.get().attention


def test_any_other_question_is_left_to_the_agent(sol: User, draft: Drafted) -> None:
    text = draft(decide(asked_for(), sol, "return", "Was the parcel insured?"))
    assert "insured" not in text
    assert "A colleague is looking into this" in text
    assert "Was the parcel insured?" in Ticket.objects.get().attention


def test_a_request_that_ran_out_is_left_to_a_person(draft: Drafted) -> None:
    refund = asked_for()
    Refund.objects.update(expires_at=timezone.now())
    assert services.expire_overdue() == 1
    assert "A colleague is looking into this" in draft(refund)
    assert "Nobody decided in time: £49.00 on order HP-1042" in Ticket.objects.get().attention


@pytest.mark.parametrize("answer", [Unclear("no answer in time"), Declined("card closed")])
def test_while_it_is_not_paid_for_sure_nothing_is_said_of_being_paid(
    sol: User, draft: Drafted, answer: Answer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_EXECUTOR = "webhook"
    monkeypatch.setattr(outbox, "call_gateway", lambda verb, execution: answer)
    refund = decide(asked_for(), sol, "approve")
    outbox.execute_payment(Execution.objects.get(refund=refund).pk)
    text = draft(refund)
    assert "paid" not in text
    assert "A colleague is looking into this" in text


# --- what it does not do ------------------------------------------------------------


def test_what_was_decided_is_not_proposed_again(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "reject", reason_code="other")
    draft(refund)
    assert list(Refund.objects.values_list("state", flat=True)) == ["rejected"]


def test_the_new_draft_does_not_void_the_approval(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "approve")
    draft(refund)
    assert is_as_approved(Refund.objects.get())
    services.record_manual_payment(refund.pk, by=sol, reference="re_1")
    assert Refund.objects.get().state == "executed"


def test_one_of_two_approvals_decides_nothing_and_nothing_is_written(sol: User) -> None:
    rows_before = Run.objects.count()
    refund = asked_for()
    ApprovalLimit.objects.update(two_above=10)
    decide(refund, sol, "approve")
    assert Run.objects.count() == rows_before + 1
    assert Draft.objects.count() == 1


def test_whoever_decided_has_no_hand_in_the_run_that_follows(sol: User) -> None:
    decide(asked_for(), sol, "approve")
    run = Run.objects.get(reason="decided")
    assert run.requested_by is None
    assert Draft.objects.filter(hands__contains=[sol.pk]).count() == 0


def test_what_the_customer_writes_afterwards_is_looked_at_anew(sol: User, draft: Drafted) -> None:
    refund = decide(asked_for(), sol, "reject", reason_code="other")
    draft(refund)
    ticket = refund.ticket
    Message.objects.create(ticket=ticket, direction="in", sender="m@x.example", text="And now?")
    run_queue.enqueue_run(ticket, reason="customer replied")
    assert build_case(ticket).settled is None


def test_a_request_that_is_open_settles_nothing() -> None:
    assert build_case(asked_for().ticket).settled is None


def test_a_customer_who_was_answered_meanwhile_is_told_the_decision(
    sol: User, ana: User, draft: Drafted
) -> None:
    refund = asked_for()
    sending.send_reply(Draft.objects.get(), by=ana)
    refund.refresh_from_db()
    text = draft(decide(refund, sol, "approve"))
    assert "has been approved and will be paid" in text


# --- a person's words --------------------------------------------------------------


def edited(refund: Refund, by: User, text: str = "Hello Maya, we are looking at it.") -> Draft:
    draft = replies.get_open_draft(refund.ticket)
    kept = replies.save_reply_text(
        refund.ticket, text=text, seen_then=replies.build_form_token(refund.ticket, draft), by=by
    )
    assert kept
    return kept


def test_an_edited_reply_is_left_alone_and_ana_is_told(sol: User, ana: User) -> None:
    refund = asked_for()
    edited(refund, ana)
    decide(refund, sol, "approve")
    assert not Run.objects.filter(reason="decided").exists()
    ticket = Ticket.objects.get()
    draft = replies.get_open_draft(ticket)
    assert draft
    assert draft.edited_body == "Hello Maya, we are looking at it."
    assert ticket.attention.startswith("The refund was approved. ana had edited the reply")


def test_ana_edits_on_after_the_approval_and_it_still_counts(sol: User, ana: User) -> None:
    refund = asked_for()
    edited(refund, ana)
    decide(refund, sol, "approve")
    edited(refund, ana, "Hello Maya, your refund of £49.00 has been approved and will be paid.")
    assert is_as_approved(Refund.objects.get())
    draft = replies.get_open_draft(refund.ticket)
    assert draft
    send_guard.refuse_unapproved(draft, refund.ticket)


def test_in_a_copy_every_hand_stays(sol: User, ana: User) -> None:
    refund = asked_for()
    first = edited(refund, ana)
    decide(refund, sol, "approve")
    copy = replies.get_open_draft(refund.ticket)
    assert copy
    assert copy.pk != first.pk
    assert copy.hands == [ana.pk]
    assert (copy.edited_at, copy.body) == (first.edited_at, first.body)


def test_that_a_refund_was_paid_is_no_news_once_the_customer_was_told(
    sol: User, ana: User, draft: Drafted
) -> None:
    refund = decide(asked_for(), sol, "approve")
    draft(refund)
    sending.send_reply(Draft.objects.last(), by=ana)  # type: ignore[arg-type]
    services.record_manual_payment(refund.pk, by=sol, reference="re_1")
    assert not Run.objects.filter(state="queued").exists()
    assert Ticket.objects.get().status == Ticket.Status.WAITING


def test_ana_is_offered_to_have_an_edited_reply_written_again(
    as_ana: Any, sol: User, ana: User
) -> None:
    refund = asked_for()
    edited(refund, ana)
    page = refund.ticket.get_absolute_url()
    assert "Write it again" not in as_ana.get(page).content.decode()
    decide(refund, sol, "approve")
    shown = as_ana.get(page).content.decode()
    assert "Write it again" in shown
    assert "Words of ana in an earlier draft" not in shown


# --- the step by itself --------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("approve", "approved refund"), ("reject", "refuse"), ("return", "human")],
)
def test_the_decide_step_says_what_people_said(sol: User, verdict: str, words: str) -> None:
    refund = decide(asked_for(), sol, verdict, "Because.")
    found: Proposed = propose_remedy(build_case(refund.ticket))
    assert found.words == words
    assert found.approval_required is False
