"""Who had a hand in a ticket does not decide on its refund: kept by the database too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import separation_of_duties
from approvals.constraints.refund_triggers import INVOLVEMENT_ROWS_SQL
from approvals.errors import OwnWork
from approvals.models import Decision, Refund
from tests.support import ticket_stories
from tests.support.refund_decisions import decide, refund
from tickets.models import Correction, Draft, Message, Run, Ticket

pytestmark = pytest.mark.django_db


def drafted(ticket: Ticket, by: User) -> None:
    Draft.objects.create(
        ticket=ticket, composed_by="x", body="y", edited_by=by, edited_at=timezone.now()
    )


def drafted_before_somebody_else(ticket: Ticket, by: User) -> None:
    drafted(ticket, by)
    ticket.drafts.update(edited_by=User.objects.create(username="later"))


def wrote(ticket: Ticket, by: User) -> None:
    Message.objects.create(ticket=ticket, direction="out", author=by)


def corrected(ticket: Ticket, by: User) -> None:
    Correction.objects.create(ticket=ticket, step="classify", after="return-request", by=by)


def asked_again(ticket: Ticket, by: User) -> None:
    Run.objects.create(ticket=ticket, requested_by=by)


HANDS = [drafted, drafted_before_somebody_else, wrote, corrected, asked_again]


@pytest.mark.parametrize("had_a_hand", HANDS)
def test_sol_had_a_hand_and_sam_decides(
    had_a_hand: Callable[[Ticket, User], None], sol: User, sam: User
) -> None:
    asked = refund()
    had_a_hand(asked.ticket, sol)
    assert not separation_of_duties.list_decidable_refunds(sol).exists()
    assert separation_of_duties.explain_involvement(asked, sol)
    with pytest.raises(OwnWork):
        decide(asked, sol)
    assert separation_of_duties.list_decidable_refunds(sam).get() == asked
    assert decide(asked, sam).state == Refund.State.APPROVED


@pytest.mark.parametrize("had_a_hand", HANDS)
def test_the_database_refuses_sol_too(
    had_a_hand: Callable[[Ticket, User], None], sol: User
) -> None:
    asked = refund()
    had_a_hand(asked.ticket, sol)
    with pytest.raises(IntegrityError, match="had a hand"), transaction.atomic():
        Decision.objects.create(
            refund=asked,
            verdict="approve",
            reason="mine",
            by=sol,
            fingerprint="0",
            amount=asked.amount,
            limit_then=500,
        )


def test_a_hand_is_never_taken_off_a_draft(sol: User, ana: User) -> None:
    asked = refund()
    drafted(asked.ticket, sol)
    Draft.objects.update(hands=[], edited_by=ana)
    assert Draft.objects.get().hands == [sol.pk, ana.pk]


def test_a_hand_in_another_ticket_is_none_here(sol: User) -> None:
    asked = refund()
    drafted(ticket_stories.ticket(), sol)
    assert decide(asked, sol).state == Refund.State.APPROVED


def test_the_sentences_and_the_database_hold_the_same_rules_about_the_same_tables() -> None:
    by_page = separation_of_duties._query_involvement(User(pk=1), 1)
    tables = {name: rows.model._meta.db_table for name, rows in by_page.items()}
    by_database = {name: sql.split()[0] for name, sql in INVOLVEMENT_ROWS_SQL.items()}
    assert tables == by_database
    assert by_database.keys() <= separation_of_duties.REFUSALS.keys()
