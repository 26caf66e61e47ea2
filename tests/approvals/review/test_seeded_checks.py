"""Sealed checks: made-up requests which no money can follow, and what their decider is told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from approvals import separation_of_duties, services
from approvals.models import Execution, Refund, SealedCheck
from approvals.review import injected_faults, reviewer_metrics, seeded_checks
from tests.support import ticket_stories
from tests.support.seeded_check_rows import check, decide, real, shown
from tickets.intake import receive_order
from tickets.models import Customer, Message, Order, Receipt, Ticket

__all__ = ["check", "real"]
pytestmark = pytest.mark.django_db
QUEUE = reverse("approvals:queue")


# --- it looks like any other ---------------------------------------------------------


def test_it_waits_in_the_queue_like_any_other(
    as_sol: Client, check: SealedCheck, sol: User
) -> None:
    assert check.refund in separation_of_duties.list_decidable_refunds(sol)
    page = as_sol.get(QUEUE).content.decode()
    assert check.refund.order.number in page
    assert str(check.refund.ticket.customer) in page


def test_its_page_does_not_tell(as_sol: Client, check: SealedCheck) -> None:
    page = shown(as_sol, check.refund).lower()
    for word in ("seeded", "sealed", "made up", "made-up", check.seal, check.salt):
        assert word not in page
    ticket = as_sol.get(check.refund.ticket.get_absolute_url())
    assert ticket.status_code == 200
    assert "seeded" not in ticket.content.decode()


def test_nothing_of_the_real_customer_is_taken(check: SealedCheck, real: Refund) -> None:
    copy = check.refund
    assert copy.order.number != real.order.number
    assert copy.ticket.customer != real.ticket.customer
    words = copy.ticket.messages.get().text
    real_words = real.ticket.messages.get()
    for own in ("Marta", real.order.number, real_words.text, real_words.sender):
        assert own not in f"{words} {copy.ticket.subject} {copy.ticket.name}"


def test_it_has_the_goods_and_the_clause_of_a_real_one(check: SealedCheck, real: Refund) -> None:
    assert [line.name for line in check.refund.order.lines.order_by("id")] == [
        line.name for line in real.order.lines.order_by("id")
    ]
    assert check.refund.citations[0]["ref"] == real.citations[0]["ref"]
    assert check.refund.order.compute_paid_total() == real.order.compute_paid_total()


# --- no money moves ------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["approve", "reject", "return"])
def test_after_any_decision_it_is_void(check: SealedCheck, sol: User, verdict: str) -> None:
    refund = decide(check.refund, sol, verdict)
    assert refund.state == Refund.State.VOID
    assert not Execution.objects.exists()
    assert refund.decisions.get().verdict == verdict


def statements() -> Iterator[str]:
    for state in ("approved", "rejected", "returned", "executing", "executed", "doubt"):
        yield f"UPDATE approvals_refund SET state = '{state}', reference = 'r' WHERE id = %s"
    yield "UPDATE approvals_refund SET seeded = false WHERE id = %s"
    yield (
        "INSERT INTO approvals_execution (refund_id, by, key, state, amount, currency, charge,"
        " reference, note, calls, questions, holder, next_at, created_at)"
        " SELECT id, 'manual', 'k', 'queued', amount, currency, '', '', '', 0, 0, '', now(), now()"
        " FROM approvals_refund WHERE id = %s"
    )
    yield (
        "UPDATE tickets_ticket SET seeded = false WHERE id ="
        " (SELECT ticket_id FROM approvals_refund WHERE id = %s)"
    )


@pytest.mark.parametrize("statement", statements())
def test_the_database_refuses_to_execute_it(check: SealedCheck, statement: str) -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as sql:
        sql.execute(statement, [check.refund_id])
    known = ("seeded", "only what was approved", "Cannot update", "Invalid transition", "too few")
    assert any(word in str(refused.value) for word in known), refused.value


@pytest.mark.parametrize("state", ["approved", "executing", "executed", "failed", "doubt"])
def test_without_the_triggers_the_constraint_still_refuses(check: SealedCheck, state: str) -> None:
    names = ("refund_moves_on", "approved_by_enough_people", "captured_is_the_ceiling")
    with (
        pgtrigger.ignore(*[f"approvals.Refund:{name}" for name in names]),
        pytest.raises(IntegrityError, match="seeded_moves_no_money"),
        transaction.atomic(),
    ):
        Refund.objects.filter(pk=check.refund_id).update(state=state, reference="r")


def test_a_real_request_is_never_made_on_a_made_up_order(check: SealedCheck) -> None:
    real = ticket_stories.ticket(Customer.objects.get(name="Marta Lindqvist"))
    order = check.refund.order
    proposal = services.Proposal(order=order, amount=Decimal(1))
    with pytest.raises(IntegrityError, match="made-up ticket"), transaction.atomic():
        services.propose_refund(real, proposal, run=None, by=None)


def test_a_real_request_is_never_a_check(real: Refund) -> None:
    with pytest.raises(IntegrityError, match="only a made-up"), transaction.atomic():
        SealedCheck.objects.create(refund=real, fault="paid", right_verdict="reject")


def test_no_mail_is_ever_sent_on_it(check: SealedCheck, sol: User) -> None:
    with pytest.raises(IntegrityError, match="nothing is sent"), transaction.atomic():
        Message.objects.create(
            ticket=check.refund.ticket, direction="out", author=sol, text="x", delivery="queued"
        )


# --- kept out of everything else -----------------------------------------------------


def test_agents_never_meet_it(client: Client, check: SealedCheck, ana: User) -> None:
    client.force_login(ana)
    ticket = check.refund.ticket
    assert str(ticket.customer) not in client.get("/?status=all").content.decode()
    assert client.get(ticket.get_absolute_url()).status_code == 404
    assert ticket not in Ticket.objects.all()


def test_nobody_works_on_it(as_sol: Client, check: SealedCheck) -> None:
    ticket = check.refund.ticket
    for name in ("send", "save", "again", "close", "note", "assign"):
        answer = as_sol.post(reverse(f"tickets:{name}", args=[ticket.pk]), {"text": "x"})
        assert answer.status_code == 404, name
    asked = as_sol.get(reverse("approvals:request", args=[ticket.pk]))
    assert asked.status_code == 404


def test_it_is_in_no_figure_but_its_own(check: SealedCheck, sol: User) -> None:
    decide(check.refund, sol, "approve")
    row = reviewer_metrics.build_reviewer_rows(30, sol)[0]
    assert (row.approved.of, row.streak.of, list(row.sights)) == (0, 0, [])
    assert (row.found.count, row.found.of) == (0, 1)


def test_who_planted_it_is_not_counted(real: Refund, sol: User) -> None:
    decide(seeded_checks.plant_check("GBP", by=sol).refund, sol)
    assert reviewer_metrics.build_reviewer_rows(30, sol)[0].found.of == 0


def test_the_number_is_left_to_a_real_order(check: SealedCheck) -> None:
    made = check.refund.order
    row = {"number": made.number, "customer": "C-7", "paid": "5.00", "currency": "GBP"}
    receive_order(row)
    real = Order.objects.get(number=made.number)
    assert (real.pk != made.pk, real.customer.seeded) == (True, False)
    assert real.compute_paid_total() == 5


# --- revealed right after ------------------------------------------------------------


def post(client: Client, refund: Refund, verdict: str) -> Any:
    look = client.get(refund.get_absolute_url()).context["look"]
    data = {
        "verdict": verdict,
        "reason": "x",
        "reason_code": "OTHER" if verdict == "reject" else "",
        "seen": look.fingerprint,
        "look": look.pk,
    }
    return client.post(reverse("approvals:decide", args=[refund.pk]), data)


def test_who_stops_it_is_told_at_once(as_sol: Client, check: SealedCheck) -> None:
    answer = post(as_sol, check.refund, "return")
    assert answer.url == reverse("approvals:revealed", args=[check.refund_id])
    page = as_sol.get(answer.url).content.decode()
    assert "You stopped it" in page
    assert injected_faults.FAULTS[check.fault].told in page.replace("&#x27;", "'")
    assert check.salt in page
    check.refresh_from_db()
    assert check.revealed_at is not None
    told = Receipt.objects.get(step="unseal").output
    assert (told["salt"], told["fault"], told["found"]) == (check.salt, check.fault, True)


def test_who_misses_it_is_told_kindly(as_sol: Client, check: SealedCheck) -> None:
    answer = post(as_sol, check.refund, "approve")
    page = as_sol.get(answer.url, follow=True).content.decode()
    assert "slipped through" in page
    assert "everybody misses some" in page
    assert "Approved:" not in page


def test_nobody_else_is_told(as_sol: Client, check: SealedCheck, sam: User) -> None:
    url = reverse("approvals:revealed", args=[check.refund_id])
    assert as_sol.get(url).status_code == 404
    decide(check.refund, sam)
    assert as_sol.get(url).status_code == 404


def test_one_that_nobody_decided_runs_out(check: SealedCheck) -> None:
    with transaction.atomic():
        Refund.objects.filter(pk=check.refund_id).update(expires_at="2020-01-01T00:00Z")
    services.expire_overdue()
    check.refund.refresh_from_db()
    assert check.refund.state == Refund.State.EXPIRED
