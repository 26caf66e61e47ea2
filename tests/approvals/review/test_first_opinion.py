"""Decide before reveal: what sol would do, said before the recommendation is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.errors import FirstOpinion
from approvals.models import Care, Look, Refund
from approvals.review import first_opinion, page_views
from tests.conftest import join
from tests.support import ticket_stories
from tickets.models import Receipt

pytestmark = pytest.mark.django_db
QUEUE = reverse("approvals:queue")
AMOUNT = "37.87"  # no price of the order


@pytest.fixture
def care() -> Care:
    return Care.objects.create(blind_above=Decimal(30), blind_share=0)


@pytest.fixture
def refund(sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket), amount=AMOUNT)


def page(client: Client, refund: Refund) -> Any:
    return client.get(refund.get_absolute_url())


def say(client: Client, refund: Refund, verdict: str = "approve", **values: str) -> Any:
    look = Look.objects.filter(refund=refund).latest("id")
    data = {"first_verdict": verdict, "first_amount": "20.00", "look": str(look.pk), **values}
    return client.post(reverse("approvals:first_opinion", args=[refund.pk]), data)


def decide(client: Client, refund: Refund, verdict: str = "approve") -> Any:
    look = page(client, refund).context["look"]
    data = {"verdict": verdict, "reason": "x", "seen": look.fingerprint, "look": look.pk}
    return client.post(reverse("approvals:decide", args=[refund.pk]), data)


def test_above_the_amount_the_evidence_comes_without_the_recommendation(
    as_sol: Client, refund: Refund, care: Care
) -> None:
    shown = page(as_sol, refund).content.decode()
    for evidence in (
        "HP-10423",
        "Walnut table lamp",
        "cracked shade",
        "within 30 days of delivery",
    ):
        assert evidence in shown
    for told in (AMOUNT, refund.rule, *refund.reasons, "How the amount comes about", "draft-title"):
        assert told not in shown
    assert 'id="step-decide"' not in shown
    assert 'id="step-draft"' not in shown
    assert "What would you do?" in shown
    assert Look.objects.get().blind


def test_the_queue_keeps_the_amount_to_itself(as_sol: Client, refund: Refund, care: Care) -> None:
    assert AMOUNT not in as_sol.get(QUEUE).content.decode()
    page(as_sol, refund)
    say(as_sol, refund)
    assert AMOUNT in as_sol.get(QUEUE).content.decode()


def test_up_to_the_amount_nothing_is_asked(as_sol: Client, refund: Refund, care: Care) -> None:
    Care.objects.update(blind_above=AMOUNT)
    assert AMOUNT in page(as_sol, refund).content.decode()


def test_without_any_care_set_nothing_is_asked(as_sol: Client, refund: Refund) -> None:
    assert AMOUNT in page(as_sol, refund).content.decode()


def test_what_sol_said_is_kept_and_shown_beside_the_decision(
    as_sol: Client, refund: Refund, care: Care
) -> None:
    page(as_sol, refund)
    answer = say(as_sol, refund, first_reason="One lamp is broken.")
    assert answer.url == refund.get_absolute_url()
    shown = page(as_sol, refund).content.decode()
    assert AMOUNT in shown
    assert "£20.00" in shown
    assert "One lamp is broken." in shown
    said = Look.objects.get(blind=True)
    assert (said.first_verdict, said.first_amount) == ("approve", Decimal("20.00"))
    assert Receipt.objects.get(step="first opinion").output["first_amount"] == "20.00"


def test_the_final_decision_may_differ_and_both_are_kept(
    as_sol: Client, refund: Refund, care: Care
) -> None:
    page(as_sol, refund)
    say(as_sol, refund, "reject", first_amount="")
    decide(as_sol, refund)
    decision = refund.decisions.get()
    first = first_opinion.get_first_opinion(refund, decision.by)  # type: ignore[arg-type]
    assert first is not None
    assert (first.first_verdict, decision.verdict) == ("reject", "approve")
    assert not first_opinion.matches_decision(first, decision)
    assert decision.look is not None
    assert not decision.look.blind


@pytest.mark.parametrize(
    ("first", "amount", "verdict", "agrees"),
    [
        ("approve", AMOUNT, "approve", True),
        ("approve", "20.00", "approve", False),
        ("reject", None, "reject", True),
        ("return", None, "approve", False),
    ],
)
def test_agreement_is_of_verdict_and_amount(
    refund: Refund, first: str, amount: str | None, verdict: str, agrees: bool
) -> None:
    named = None if amount is None else Decimal(amount)
    look = Look(first_verdict=first, first_amount=named)
    decision = refund.decisions.model(verdict=verdict, amount=refund.amount)
    assert first_opinion.matches_decision(look, decision) is agrees


def test_there_is_no_deciding_before_the_opinion(
    as_sol: Client, refund: Refund, sol: User, care: Care
) -> None:
    page(as_sol, refund)
    seen = services.compute_fingerprint(refund)
    with pytest.raises(FirstOpinion):
        services.decide_refund(refund.pk, by=sol, verdict="approve", reason="x", seen=seen)
    look = Look.objects.get()
    data = {"verdict": "approve", "reason": "x", "seen": seen, "look": look.pk}
    answer = as_sol.post(reverse("approvals:decide", args=[refund.pk]), data)
    assert "What would you do?" in answer.content.decode()
    assert AMOUNT not in answer.content.decode()
    assert not refund.decisions.exists()


def test_looking_again_does_not_lead_around_it(as_sol: Client, refund: Refund, care: Care) -> None:
    for _ in range(3):
        assert AMOUNT not in page(as_sol, refund).content.decode()


def test_an_opinion_is_given_once(as_sol: Client, refund: Refund, care: Care) -> None:
    page(as_sol, refund)
    page(as_sol, refund)
    say(as_sol, refund)
    say(as_sol, refund, "reject", look=str(Look.objects.earliest("id").pk))
    assert [look.first_verdict for look in Look.objects.order_by("id")] == ["", "approve"]


def test_the_database_keeps_the_opinion_as_it_was_said(
    as_sol: Client, refund: Refund, care: Care
) -> None:
    page(as_sol, refund)
    say(as_sol, refund)
    with pytest.raises(IntegrityError, match="said first is kept"), transaction.atomic():
        Look.objects.filter(blind=True).update(first_amount=AMOUNT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_verdict": ""},
        {"first_amount": ""},
        {"first_amount": "-3"},
        {"first_amount": "some"},
        {"first_amount": "20.005"},
        {"look": "x"},
    ],
)
def test_what_is_missing_is_said_and_nothing_is_revealed(
    as_sol: Client, refund: Refund, care: Care, wrong: dict[str, str]
) -> None:
    page(as_sol, refund)
    answer = say(as_sol, refund, wrong.pop("first_verdict", "approve"), **wrong)
    assert answer.status_code == 422
    assert AMOUNT not in answer.content.decode()
    assert not Look.objects.exclude(first_verdict="").exists()


def test_nobody_gives_an_opinion_on_a_page_of_somebody_else(
    as_sol: Client, refund: Refund, sam: User, care: Care
) -> None:
    page_views.start_page_view(refund, sam)
    say(as_sol, refund)
    assert not Look.objects.exclude(first_verdict="").exists()


def test_who_asked_for_it_gives_no_opinion(as_sol: Client, refund: Refund, care: Care) -> None:
    own = ticket_stories.refund_of(
        ticket_stories.ticket(refund.ticket.customer), by=join("sol"), amount="31.00"
    )
    look = Look.objects.create(refund=own, by=join("sol"), fingerprint="x", blind=True)
    say(as_sol, own, look=str(look.pk))
    assert not Look.objects.exclude(first_verdict="").exists()


def test_who_saw_the_whole_page_before_is_not_asked_any_more(
    as_sol: Client, refund: Refund
) -> None:
    page(as_sol, refund)
    Care.objects.create(blind_above=Decimal(1))
    assert AMOUNT in page(as_sol, refund).content.decode()
    assert decide(as_sol, refund).status_code == 302


def test_the_lot_is_the_same_for_ever_and_different_for_each(refund: Refund, sol: User) -> None:
    first = first_opinion.compute_sample_point(refund, sol)
    assert first_opinion.compute_sample_point(Refund.objects.get(pk=refund.pk), sol) == first
    drawn = [
        first_opinion.compute_sample_point(Refund(pk=pk), User(pk=person))
        for pk in range(40)
        for person in range(50)
    ]
    assert len(set(drawn)) > 1_990
    assert 0.08 < sum(lot < 0.1 for lot in drawn) / len(drawn) < 0.12


@pytest.mark.parametrize(("share", "asked"), [(1.0, True), (0.0, False)])
def test_the_share_is_drawn_below_the_amount(
    refund: Refund, sol: User, share: float, asked: bool
) -> None:
    Care.objects.create(blind_share=share)
    assert first_opinion.is_opinion_due(refund, sol) is asked


def test_the_care_of_another_currency_does_not_count(refund: Refund, sol: User) -> None:
    Care.objects.create(currency="EUR", blind_share=1)
    assert not first_opinion.is_opinion_due(refund, sol)


def test_agents_only_read_and_are_asked_nothing(as_ana: Client, refund: Refund, care: Care) -> None:
    assert AMOUNT in page(as_ana, refund).content.decode()
