"""An agent answers what a supervisor asked, and asks for the same refund again."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from approvals import refund_rows
from approvals.errors import Incomplete, NotPending, Stale
from approvals.models import Decision, Refund
from approvals.refund_rows import State, Verdict
from approvals.services.propose import Proposal, propose
from approvals.snapshot import changes
from approvals.snapshot.build import shown
from tickets.models import Message

WORKED_OUT_FROM = ("order", "items", "payments", "rules_today")


def ask_again(refund_id: int, *, by: User, answer: str) -> Refund:
    """A new request with the answer, on the terms of the one that was sent back.

    The terms hold only while the rows and the rule they were worked out from are as they
    were; else Stale says what changed, and the steps have to be taken again. The answer is
    kept as a note on the ticket as well. Raises a Refused; then nothing was changed.
    """
    answer = answer.strip()
    if not answer:
        raise Incomplete("Please write an answer to the question.")
    with transaction.atomic():
        refund = refund_rows.locked(refund_id)
        question = question_of(refund)
        if question is None or _was_replaced(refund):
            raise NotPending("This question is no longer open: look at the newest request.")
        _still_hold(refund, question)
        Message.objects.create(
            ticket=refund.ticket, direction=Message.Direction.NOTE, author=by, text=answer
        )
        asked = f"{question.by} asked: {question.reason}\n{by.get_username()} answers: {answer}"
        proposal = _the_same(refund, f"{refund.note}\n{asked}".strip())
        return propose(refund.ticket, proposal, run=refund.run, by=by)


def question_of(refund: Refund) -> Decision | None:
    """The question that a returned request was sent back with."""
    if refund.state != State.RETURNED:
        return None
    return refund.decisions.filter(verdict=Verdict.RETURN).last()


def _was_replaced(refund: Refund) -> bool:
    newer = Refund.objects.filter(ticket=refund.ticket_id, order=refund.order_id)
    return newer.filter(pk__gt=refund.pk).exists()


def _still_hold(refund: Refund, question: Decision) -> None:
    if question.look is None:
        return  # asked without a page: propose() checks what is left of the payment
    before, now = question.look.shown, shown(refund)
    parts = ({name: snapshot.get(name) for name in WORKED_OUT_FROM} for snapshot in (before, now))
    if said := tuple(changes.between(*parts)):
        raise Stale("The amount has to be worked out again: run the steps again.", changes=said)


def _the_same(refund: Refund, note: str) -> Proposal:
    terms: dict[str, Any] = {field.name: getattr(refund, field.name) for field in fields(Proposal)}
    return Proposal(**{**terms, "note": note})
