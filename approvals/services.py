"""The verbs of a refund. Each is one transaction that locks, checks, writes and leaves a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from approvals.errors import Incomplete, NotPending, OverLimit, OwnWork, Refused, Stale
from approvals.models import ApprovalLimit, Decision, Refund
from tickets import receipts
from tickets.models import Draft, Order, Payment, Run, Ticket

State, Verdict = Refund.State, Decision.Verdict

REFUSALS = {
    "approver_is_not_requester": "You asked for this refund, so somebody else has to decide.",
    "approver_is_not_last_editor": "You edited this request, so somebody else has to decide.",
    "approver_is_not_drafter": "You wrote the reply on this ticket, so somebody else has to decide.",
    "one_decision_a_person": "You have decided on this request already.",
    "captured_is_the_ceiling": "Together with earlier refunds this is more than was paid.",
}


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

    An older request for the same ticket and order becomes void. Raises Incomplete.
    """
    _refuse_impossible(proposal)
    with transaction.atomic():
        Ticket.locked(ticket.pk)
        Order.objects.select_for_update().get(pk=proposal.order.pk)
        withdraw(ticket, order=proposal.order)
        refund = Refund(
            ticket=ticket,
            run=run,
            order=proposal.order,
            remedy=proposal.remedy,
            amount=proposal.amount,
            currency=proposal.order.currency,
            arithmetic=[list(line) for line in proposal.arithmetic],
            reasons=list(proposal.reasons),
            rule=proposal.rule,
            citations=list(proposal.citations),
            note=proposal.note,
            requested_by=by,
            approvers_needed=_approvers_for(proposal.amount),
            expires_at=timezone.now() + timedelta(days=settings.APPROVAL_DAYS),
        )
        refund.fingerprint = fingerprint(refund)
        refund.save()
        _receipt(refund, by, "request", "ok", {"note": proposal.note})
    return refund


def withdraw(ticket: Ticket, *, order: Order | None = None) -> None:
    """Make open requests of the ticket (for one order, or all the machine proposed) void."""
    open_ones = Refund.objects.filter(ticket=ticket, state=State.PENDING)
    chosen = open_ones.filter(order=order) if order else open_ones.filter(requested_by=None)
    chosen.update(state=State.VOID)


def decide(refund_id: int, *, by: User, verdict: str, reason: str, seen: str) -> Refund:
    """One person's decision, bound to the fingerprint ``seen`` on their page.

    Raises a Refused that says why; then nothing was changed.
    """
    if not reason.strip():
        raise Incomplete("Please say why: the reason stays with the decision.")
    with transaction.atomic():
        refund = _locked(refund_id)
        _refuse_closed(refund)
        _refuse_stale(refund, seen)
        limit = _refuse_person(refund, by, verdict)
        _write_decision(refund, by=by, verdict=verdict, reason=reason.strip(), limit=limit)
        refund.state = _state_after(refund, verdict)
        _save(refund)
        _receipt(refund, by, "approve", verdict, {"reason": reason.strip(), "limit": str(limit)})
    return refund


def record_paid(refund_id: int, *, by: User, reference: str) -> Refund:
    """A person paid it at the payment side and gives its reference. Raises Refused."""
    if not reference.strip():
        raise Incomplete("Please give the reference of the payment.")
    with transaction.atomic():
        refund = _locked(refund_id)
        if refund.state != State.APPROVED:
            raise NotPending(f"This refund is {refund.get_state_display().lower()}, not approved.")
        refund.state, refund.reference = State.EXECUTED, reference.strip()
        _save(refund)
        Payment.objects.create(
            order=refund.order,
            kind=Payment.Kind.REFUND,
            amount=refund.amount,
            at=timezone.now(),
            method=refund.remedy,
            reference=refund.reference,
        )
        _receipt(refund, by, "pay", "ok", {"reference": refund.reference})
    return refund


def expire_overdue() -> int:
    """Close requests nobody decided in time; return how many."""
    overdue = Refund.objects.filter(state=State.PENDING, expires_at__lt=timezone.now())
    return sum(_expire(pk) for pk in overdue.values_list("pk", flat=True))


def fingerprint(refund: Refund) -> str:
    """Digest of everything an approver is shown, as it is in the rows now."""
    order, ticket = refund.order, refund.ticket
    return receipts.sha256(
        {
            "refund": [refund.amount, refund.currency, refund.remedy, refund.rule],
            "arithmetic": refund.arithmetic,
            "clauses": [[c.get("ref"), c.get("version")] for c in refund.citations],
            "order": [order.number, order.status, order.placed_at, order.delivered_at],
            "lines": list(order.lines.order_by("id").values_list("sku", "quantity", "unit_price")),
            "payments": list(order.payments.order_by("id").values_list("kind", "amount")),
            "messages": list(
                ticket.messages.filter(direction="in").order_by("id").values_list("id", flat=True)
            ),
            "drafts": [draft.text for draft in _drafts(refund)],
        }
    )


def limit_of(person: User) -> Decimal:
    """The most this person may approve now; zero without a group that has a limit."""
    limits = ApprovalLimit.objects.filter(group__user=person)
    return limits.aggregate(most=Max("up_to"))["most"] or Decimal(0)


def waiting_for(person: User) -> Any:
    """Pending refunds this person may decide on, oldest first."""
    return (
        Refund.objects.filter(state=State.PENDING, expires_at__gt=timezone.now())
        .exclude(Q(requested_by=person) | Q(edited_by=person) | Q(decisions__by=person))
        .exclude(Q(ticket__drafts__edited_by=person) | Q(ticket__drafts__message__author=person))
        .filter(amount__lte=limit_of(person))
        .select_related("order", "ticket__customer")
    )


def _locked(refund_id: int) -> Refund:
    """The refund, its ticket's row and its own locked: in that order, as everywhere."""
    Ticket.locked(Refund.objects.values_list("ticket_id", flat=True).get(pk=refund_id))
    return Refund.objects.select_for_update(of=["self"]).select_related("order").get(pk=refund_id)


# --- refusals -------------------------------------------------------------------


def _refuse_impossible(proposal: Proposal) -> None:
    if proposal.amount <= 0:
        raise Incomplete("The amount must be more than nothing.")
    left = proposal.order.paid() - proposal.order.refunded()
    if proposal.amount > left:
        raise Incomplete(
            f"Only {left} {proposal.order.currency} of what was paid for order "
            f"{proposal.order} is left to refund."
        )


def _refuse_closed(refund: Refund) -> None:
    if refund.state != State.PENDING:
        raise NotPending(f"This request is closed: {refund.get_state_display().lower()}.")
    if refund.expires_at < timezone.now():
        raise NotPending("This request ran out before a decision. Ask for it again on the ticket.")


def _refuse_stale(refund: Refund, seen: str) -> None:
    if seen != fingerprint(refund):
        raise Stale("Something changed since you opened this page. Please look again.")


def _refuse_person(refund: Refund, by: User, verdict: str) -> Decimal:
    limit = limit_of(by)
    if by.pk == refund.requested_by_id:
        raise OwnWork(REFUSALS["approver_is_not_requester"])
    if limit == 0:
        raise OverLimit("Your account has no approval limit. Ask an admin.")
    if verdict == Verdict.APPROVE and refund.amount > limit:
        raise OverLimit(
            f"{refund.amount} {refund.currency} is above your limit of {limit}. "
            "Somebody with a higher limit has to decide."
        )
    return limit


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
                edited_by=refund.edited_by,
            )
    except IntegrityError as error:
        raise _refusal(error, OwnWork) from error


def _save(refund: Refund) -> None:
    try:
        with transaction.atomic():
            refund.save(update_fields=["state", "reference"])
    except IntegrityError as error:
        raise _refusal(error, Incomplete) from error


def _refusal(error: IntegrityError, kind: type[Refused]) -> Refused:
    """The database refused: say it in the words of the constraint."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", "") or ""
    return kind(REFUSALS.get(constraint, "The database refused this decision."))


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


def _approvers_for(amount: Decimal) -> int:
    """Two where the amount is above every limit one person may decide alone."""
    alone = ApprovalLimit.objects.aggregate(most=Max("two_above"))["most"]
    return 2 if alone is not None and amount > alone else 1


def _drafts(refund: Refund) -> list[Draft]:
    return list(refund.run.drafts.order_by("id")) if refund.run else []


def _expire(pk: int) -> int:
    with transaction.atomic():
        expired = Refund.objects.filter(pk=pk, state=State.PENDING).update(state=State.EXPIRED)
        if expired:
            _receipt(Refund.objects.get(pk=pk), None, "approve", "abstained", {})
    return expired


def _receipt(
    refund: Refund, by: User | None, step: str, status: str, output: dict[str, Any]
) -> None:
    receipts.append(
        ticket=refund.ticket,
        run=refund.run,
        step=step,
        actor_kind="human" if by else "rule",
        actor=by.get_username() if by else "triage",
        status="ok" if status == Verdict.APPROVE else status,
        output={
            "refund": refund.pk,
            "verdict": status,
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
