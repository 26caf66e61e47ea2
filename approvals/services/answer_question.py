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
from approvals.services.propose import Proposal, propose_refund
from approvals.snapshot import changes
from approvals.snapshot.build import build_snapshot
from tickets.models import Message

AMOUNT_INPUTS = ("order", "items", "payments", "rules_today")


def resubmit_with_answer(refund_id: int, *, by: User, answer: str) -> Refund:
    """A new request with the answer, on the terms of the one that was sent back.

    The terms hold only while the rows and the rule they were worked out from are as they
    were; else Stale says what changed, and the steps have to be taken again. The answer is
    kept as a note on the ticket as well. Raises a Refused; then nothing was changed.
    """
    answer = answer.strip()
    if not answer:
        raise Incomplete("Please write an answer to the question.")
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        question = find_question(refund)
        if question is None or _has_newer_request(refund):
            raise NotPending("This question is no longer open: look at the newest request.")
        _raise_if_amount_stale(refund, question)
        Message.objects.create(
            ticket=refund.ticket, direction=Message.Direction.NOTE, author=by, text=answer
        )
        asked = f"{question.by} asked: {question.reason}\n{by.get_username()} answers: {answer}"
        proposal = _copy_proposal(refund, f"{refund.note}\n{asked}".strip())
        return propose_refund(refund.ticket, proposal, run=refund.run, by=by)


def find_question(refund: Refund) -> Decision | None:
    """The decision with which a returned request was sent back, None where it was not."""
    if refund.state != State.RETURNED:
        return None
    return refund.decisions.filter(verdict=Verdict.RETURN).last()


def _has_newer_request(refund: Refund) -> bool:
    newer = Refund.objects.filter(ticket=refund.ticket_id, order=refund.order_id)
    return newer.filter(pk__gt=refund.pk).exists()


def _raise_if_amount_stale(refund: Refund, question: Decision) -> None:
    if question.look is None:
        return  # asked without a page: propose() checks what is left of the payment
    before, now = question.look.shown, build_snapshot(refund).values
    parts = ({name: values.get(name) for name in AMOUNT_INPUTS} for values in (before, now))
    if said := tuple(changes.diff_snapshots(*parts)):
        raise Stale("The amount has to be worked out again: run the steps again.", changes=said)


def _copy_proposal(refund: Refund, note: str) -> Proposal:
    terms: dict[str, Any] = {field.name: getattr(refund, field.name) for field in fields(Proposal)}
    return Proposal(**{**terms, "note": note})
