"""The rows of a refund as every service handles them: locked in one order, saved, closed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals import separation_of_duties
from approvals.errors import Incomplete, Refused
from approvals.models import Decision, Execution, Refund
from approvals.snapshot.build import Snapshot, build_snapshot
from tickets.audit import receipts
from tickets.models import Order, Ticket

State, Verdict = Refund.State, Decision.Verdict
APPROVAL_OUTDATED = "What was approved has changed since, so the approval no longer counts."
REQUEST_EXPIRED = "Nobody decided in time."


def lock_refund(refund_id: int) -> Refund:
    """The refund, with its ticket, itself and its order locked in that order."""
    Ticket.get_locked(Refund.objects.values_list("ticket_id", flat=True).get(pk=refund_id))
    refund = Refund.objects.select_for_update(of=["self"]).get(pk=refund_id)
    refund.order = Order.objects.select_for_update().get(pk=refund.order_id)
    return refund


def lock_unsettled_refunds(ticket: Ticket) -> QuerySet[Refund]:
    """Requests of a locked ticket that are pending or approved, locked."""
    refunds = Refund.objects.filter(ticket=ticket, state__in=[State.PENDING, State.APPROVED])
    return refunds.select_for_update(of=["self"]).select_related("order").order_by("pk")


def save_state(refund: Refund) -> None:
    """Write the state; what the database refuses is raised as Incomplete, in words."""
    try:
        with transaction.atomic():
            refund.save(update_fields=["state", "reference", "approvers_needed"])
    except IntegrityError as error:
        raise translate_integrity_error(error, Incomplete) from error


def translate_integrity_error(error: IntegrityError, kind: type[Refused]) -> Refused:
    """What the database refused, as an error of ``kind`` in the words of the constraint."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", "") or ""
    return kind(
        separation_of_duties.REFUSALS.get(constraint, "The database refused this decision.")
    )


def close_refund(
    refund: Refund,
    state: str,
    *,
    by: User | None,
    step: str,
    why: str,
    snapshot: Snapshot | None = None,
) -> None:
    """End a request without a payment, with a receipt that says why.

    No payment may be under way. ``snapshot`` is handed on to ``append_refund_receipt``.
    """
    waiting = Execution.objects.filter(refund=refund, state=Execution.State.QUEUED)
    waiting.update(state=Execution.State.FAILED, note=why[:500], settled_at=timezone.now())
    refund.state = state
    save_state(refund)
    status = "void" if state == State.VOID else "abstained"
    append_refund_receipt(refund, by, step, status, {"reason": why}, snapshot=snapshot)


def append_refund_receipt(
    refund: Refund,
    by: User | None,
    step: str,
    verdict: str,
    output: dict[str, Any],
    *,
    rule: str = "",
    snapshot: Snapshot | None = None,
) -> None:
    """Append a receipt of an act on the refund.

    Of what the machine does, only the request is a step of the run that asked for it: a run
    has one receipt a step, and a payment may be ordered or told of more than once.

    ``rule`` is the name of the one that decided by itself, where one did. ``snapshot`` is the
    one that the act was checked by. Where it is None one is built now: it has to be after an
    act that changed what is shown. A payment is on file then; and a request that ended names
    the stored number of people, no longer that of today's limits and tiers.
    """
    receipts.append_receipt(
        ticket=refund.ticket,
        run=refund.run if by or (step, verdict) == ("request", "ok") else None,
        step=step,
        actor_kind="human" if by else "rule",
        actor=by.get_username() if by else rule or "triage",
        status="ok" if verdict == Verdict.APPROVE else verdict,
        output={
            "refund": refund.pk,
            "verdict": verdict,
            "state": refund.state,
            "amount": str(refund.amount),
            "currency": refund.currency,
            "order": refund.order.number,
            "fingerprint": (snapshot or build_snapshot(refund)).digest,
            **output,
        },
        citations=refund.citations,
        reasons=refund.reasons,
    )
