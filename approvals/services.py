"""The verbs of a refund. Each is one transaction that locks, checks, writes and leaves a receipt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals import refusals, who
from approvals.errors import Incomplete, NotPending, OwnWork, Refused, Stale
from approvals.models import Decision, Refund
from approvals.seen import fingerprint, is_as_approved
from tickets import receipts
from tickets.models import Order, Payment, Run, Ticket

__all__ = [
    "Proposal",
    "decide",
    "expire_overdue",
    "fingerprint",
    "is_as_approved",
    "propose",
    "record_paid",
    "withdraw",
]

State, Verdict = Refund.State, Decision.Verdict
CHANGED = "What was approved has changed since, so the approval no longer counts."
RAN_OUT = "Nobody decided in time."
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A refund as computed from stored rows; ``arithmetic`` is (what, amount) line by line."""

    order: Order
    amount: Decimal
    remedy: str = "refund"
    arithmetic: Sequence[tuple[str, str]] = ()
    reasons: Sequence[str] = ()
    rule: str = ""
    citations: Sequence[dict[str, Any]] = ()
    note: str = ""


def propose(ticket: Ticket, proposal: Proposal, *, run: Run | None, by: User | None) -> Refund:
    """Put a refund before people. ``by`` is None where the machine proposes.

    An older request for the same ticket and order becomes void; but what a person asked
    for or approved already, the machine does not replace. Raises Incomplete.
    """
    with transaction.atomic():
        Ticket.locked(ticket.pk)
        _make_room(ticket, proposal.order, by)
        order = Order.objects.select_for_update().get(pk=proposal.order.pk)
        refusals.impossible(proposal.order, proposal.amount)
        refund = Refund(
            ticket=ticket,
            run=run,
            order=order,
            remedy=proposal.remedy,
            amount=proposal.amount,
            currency=order.currency,
            arithmetic=[list(line) for line in proposal.arithmetic],
            reasons=list(proposal.reasons),
            rule=proposal.rule,
            citations=list(proposal.citations),
            note=proposal.note,
            requested_by=by,
            approvers_needed=who.approvers_for(proposal.amount, order.currency),
            expires_at=timezone.now() + timedelta(days=settings.APPROVAL_DAYS),
        )
        refund.fingerprint = fingerprint(refund)
        refund.save()
        _receipt(refund, by, "request", "ok", {"note": proposal.note})
    return refund


def withdraw(ticket: Ticket, *, why: str = "The steps were taken again.") -> None:
    """Make void what the machine proposed on the ticket and nobody has approved yet."""
    with transaction.atomic():
        Ticket.locked(ticket.pk)
        for refund in _open(ticket).filter(state=State.PENDING):
            if not _is_of_people(refund):
                _close(refund, State.VOID, by=None, step="request", why=why)


def decide(refund_id: int, *, by: User, verdict: str, reason: str, seen: str) -> Refund:
    """One person's decision, bound to the fingerprint ``seen`` on their page.

    Raises a Refused that says why; then nothing was changed.
    """
    if not reason.strip():
        raise Incomplete("Please say why: the reason stays with the decision.")
    with transaction.atomic():
        refund = _locked(refund_id)
        refusals.closed(refund)
        refusals.stale(refund, seen)
        limit = refusals.person(refund, by, verdict)
        _write_decision(refund, by=by, verdict=verdict, reason=reason.strip(), limit=limit)
        refund.approvers_needed = who.approvers_for(refund.amount, refund.currency)
        refund.state = _state_after(refund, verdict)
        _tell_the_agents(refund, by, reason.strip())
        _save(refund)
        _receipt(refund, by, "approve", verdict, {"reason": reason.strip(), "limit": str(limit)})
    return refund


def record_paid(refund_id: int, *, by: User, reference: str) -> Refund:
    """A person paid it at the payment side and gives its reference. Raises Refused.

    Where something else than this payment changed since the approval, the refund becomes
    void and Stale is raised; any other refusal changes nothing.
    """
    reference = reference.strip()
    if not reference:
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = _locked(refund_id)
        if refund.state != State.APPROVED:
            raise NotPending(f"This refund is {refund.get_state_display().lower()}, not approved.")
        known = _payment_on_file(refund, reference)
        if is_as_approved(refund, paid_as=reference):
            _pay(refund, by, reference, known)
            return refund
        _close(refund, State.VOID, by=by, step="pay", why=CHANGED, reference=reference)
    raise Stale(f"{CHANGED} The payment was not recorded. Please ask for it again on the ticket.")


def expire_overdue() -> int:
    """Close requests nobody decided in time; return how many."""
    overdue = Refund.objects.filter(state=State.PENDING, expires_at__lt=timezone.now())
    closed = 0
    for pk in list(overdue.values_list("pk", flat=True)):
        try:
            closed += _expire(pk)
        except Exception:  # the others have waited long enough too
            log.exception("refund %s ran out and could not be closed", pk)
    return closed


# --- rows, locked -----------------------------------------------------------------


def _locked(refund_id: int) -> Refund:
    """The refund, with its ticket, itself and its order locked: in that order, as everywhere."""
    Ticket.locked(Refund.objects.values_list("ticket_id", flat=True).get(pk=refund_id))
    refund = Refund.objects.select_for_update(of=["self"]).get(pk=refund_id)
    refund.order = Order.objects.select_for_update().get(pk=refund.order_id)
    return refund


def _open(ticket: Ticket) -> QuerySet[Refund]:
    """Requests of a locked ticket that are not settled, locked."""
    unsettled = Refund.objects.filter(ticket=ticket, state__in=[State.PENDING, State.APPROVED])
    return unsettled.select_for_update(of=["self"]).select_related("order").order_by("pk")


def _make_room(ticket: Ticket, order: Order, by: User | None) -> None:
    """Close older requests for the order; what is approved goes once it cannot be paid."""
    for refund in _open(ticket).filter(order=order):
        if refund.state == State.APPROVED:
            if by and not is_as_approved(refund):
                _close(refund, State.VOID, by=by, step="request", why=CHANGED)
        elif refund.expires_at < timezone.now():
            _close(refund, State.EXPIRED, by=None, step="approve", why=RAN_OUT)
        elif by is None and _is_of_people(refund):
            raise Incomplete(
                f"A request for {refund.amount} {refund.currency} on order {order} already waits"
                " for a decision, so no other amount was proposed."
            )
        else:
            _close(refund, State.VOID, by=by, step="request", why="A new request took its place.")


def _is_of_people(refund: Refund) -> bool:
    asked = refund.requested_by_id is not None
    return asked or refund.decisions.filter(verdict=Verdict.APPROVE).exists()


def _payment_on_file(refund: Refund, reference: str) -> Payment | None:
    """The payment that an import brought first, if this refund is what it paid."""
    payments = refund.order.payments.filter(kind=Payment.Kind.REFUND, reference=reference)
    known = payments.first()
    if known and known.amount != refund.amount:
        raise Incomplete(
            f"{reference} is on file for this order with {known.amount} {refund.currency}, and this"
            f" refund is {refund.amount} {refund.currency}. Please check the reference."
        )
    if Refund.objects.filter(order=refund.order, reference=reference).exists():
        raise Incomplete(who.REFUSALS["one_refund_a_reference"])
    if known and is_as_approved(refund):
        raise Incomplete(
            f"{reference} was on file before this was approved. Please give the reference of"
            " the new payment."
        )
    return known


def _write_decision(refund: Refund, *, by: User, verdict: str, reason: str, limit: Decimal) -> None:
    try:
        with transaction.atomic():
            Decision.objects.create(
                refund=refund,
                verdict=verdict,
                reason=reason,
                by=by,
                fingerprint=fingerprint(refund),
                amount=refund.amount,
                limit_then=limit,
                requested_by=refund.requested_by,
            )
    except IntegrityError as error:
        raise _refusal(error, OwnWork) from error


def _save(refund: Refund) -> None:
    try:
        with transaction.atomic():
            refund.save(update_fields=["state", "reference", "approvers_needed"])
    except IntegrityError as error:
        raise _refusal(error, Incomplete) from error


def _refusal(error: IntegrityError, kind: type[Refused]) -> Refused:
    """The database refused: say it in the words of the constraint."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", "") or ""
    return kind(who.REFUSALS.get(constraint, "The database refused this decision."))


def _tell_the_agents(refund: Refund, by: User, reason: str) -> None:
    """The reply was written before the decision: somebody has to look at it again."""
    news = {
        State.APPROVED: "The refund was approved: make sure that the reply says so.",
        State.REJECTED: f"The refund was refused ({reason}): make sure that the reply says so.",
        State.RETURNED: f"{by.get_username()} asks before deciding on the refund: {reason}",
        State.VOID: "The refund has to be asked for again: something changed between two approvals.",
    }
    if refund.state in news:
        refund.ticket.mark_attention(news[State(refund.state)])


# --- small parts ------------------------------------------------------------------


def _state_after(refund: Refund, verdict: str) -> str:
    if verdict == Verdict.REJECT:
        return State.REJECTED
    if verdict == Verdict.RETURN:
        return State.RETURNED
    agreed = refund.decisions.filter(verdict=Verdict.APPROVE)
    if agreed.values("fingerprint").distinct().count() > 1:
        return State.VOID  # two people approved two different things
    return State.APPROVED if agreed.count() >= refund.approvers_needed else State.PENDING


def _pay(refund: Refund, by: User, reference: str, known: Payment | None) -> None:
    refund.state, refund.reference = State.EXECUTED, reference
    _save(refund)
    if known is None:
        Payment.objects.create(
            order=refund.order,
            kind=Payment.Kind.REFUND,
            amount=refund.amount,
            at=timezone.now(),
            method=refund.remedy,
            reference=reference,
        )
    _receipt(refund, by, "pay", "ok", {"reference": reference, "on_file": known is not None})


def _expire(pk: int) -> int:
    with transaction.atomic():
        refund = _locked(pk)
        if refund.state != State.PENDING or refund.expires_at >= timezone.now():
            return 0
        _close(refund, State.EXPIRED, by=None, step="approve", why=RAN_OUT)
    return 1


def _close(
    refund: Refund, state: str, *, by: User | None, step: str, why: str, **output: str
) -> None:
    refund.state = state
    _save(refund)
    status = "void" if state == State.VOID else "abstained"
    _receipt(refund, by, step, status, {"reason": why, **output})


def _receipt(
    refund: Refund, by: User | None, step: str, verdict: str, output: dict[str, Any]
) -> None:
    """A request that the machine closes is no step of the run that asked for it."""
    receipts.append(
        ticket=refund.ticket,
        run=refund.run if by or verdict == "ok" else None,
        step=step,
        actor_kind="human" if by else "rule",
        actor=by.get_username() if by else "triage",
        status="ok" if verdict == Verdict.APPROVE else verdict,
        output={
            "refund": refund.pk,
            "verdict": verdict,
            "state": refund.state,
            "amount": str(refund.amount),
            "currency": refund.currency,
            "order": refund.order.number,
            "fingerprint": fingerprint(refund),
            **output,
        },
        citations=refund.citations,
        reasons=refund.reasons,
    )
