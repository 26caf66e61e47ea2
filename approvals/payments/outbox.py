"""The outbox of payments: write down what is to be paid, then claim, commit, call, record."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from approvals import refund_rows
from approvals.models import Decision, Execution, Refund
from approvals.payments import ledger
from approvals.payments.gateways import stripe
from approvals.payments.responses import Answer, Unclear
from approvals.snapshot.build import build_snapshot, is_as_approved
from tickets.models import Payment
from tickets.queue import leases, run_queue

log = logging.getLogger(__name__)

By, State = Execution.By, Execution.State
GATEWAY_MODULES = {
    By.WEBHOOK: "approvals.payments.gateways.webhook",
    By.STRIPE: "approvals.payments.gateways.stripe",
}
MONEY_BACK_REMEDIES = (
    "refund",
    "price difference",
)  # anything else is no money at the payment side
STORE_CREDIT = "store credit"
PAY_TASK = "triage.tasks.pay"
START_WITHIN_SECONDS = 10.0  # seconds for a worker to begin; the sweep calls again


def compute_lease_duration() -> timedelta:
    """Longer than any call can take: connecting, sending, and twice the time for the answer."""
    return timedelta(seconds=4 * settings.PAYMENT_TIMEOUT + 10)


# A call that was left alone may have moved money: its row is doubted, never claimed again.
PAYMENT_LEASE = leases.Lease(
    Execution,
    waiting=State.QUEUED,
    held=State.CALLING,
    get_duration=compute_lease_duration,
    counter="calls",
    is_retaken=False,
)


def order_payment(refund: Refund) -> Execution | None:
    """Order the payment of an approved refund, in the transaction that approves it.

    None where a person has to pay: no payment service is set up, it is no money back, or
    the service does not know by what the order was paid.
    """
    by, charge = settings.PAYMENT_EXECUTOR, find_charge(refund)
    if by == By.MANUAL or refund.remedy not in MONEY_BACK_REMEDIES or refund.seeded:
        return None
    if by == By.STRIPE and not stripe.can_pay(charge, refund.amount, refund.currency):
        return None
    execution = Execution.objects.create(
        refund=refund,
        by=by,
        key=compute_idempotency_key(refund),
        amount=refund.amount,
        currency=refund.currency,
        charge=charge,
    )
    transaction.on_commit(lambda: wake_worker(execution.pk))
    return execution


def wake_worker(execution_id: int) -> None:
    """Tell a worker of the execution; a call that is lost is made again by the sweep."""
    run_queue.dispatch_task(PAY_TASK, execution_id, expires=START_WITHIN_SECONDS)


def compute_idempotency_key(refund: Refund) -> str:
    """The idempotency key: HMAC-SHA256 of what was decided, under a key derived from ours."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE).order_by("id")
    decided = [f"{pk}:{seen}" for pk, seen in agreed.values_list("id", "fingerprint")]
    return salted_hmac("approvals.payments", " ".join(decided), algorithm="sha256").hexdigest()


def find_charge(refund: Refund) -> str:
    """The reference of a captured payment that surely has enough left to give this back; else
    empty.

    What went back by no charge that is known may have gone back by any. Where the order was
    paid in several ways, a person says by which it goes back.
    """
    captured = refund.order.payments.filter(kind=Payment.Kind.CAPTURE)
    if len({way.casefold() for way in captured.values_list("method", flat=True) if way}) > 1:
        return ""
    ordered = Execution.objects.filter(refund__order=refund.order).exclude(state=State.FAILED)
    elsewhere = _compute_unknown_way(refund, ordered)
    for payment in captured.exclude(reference="").order_by("id"):
        taken = _sum_amounts(ordered.filter(charge=payment.reference))
        if payment.amount - taken - elsewhere >= refund.amount:
            return payment.reference
    return ""


def _compute_unknown_way(refund: Refund, ordered: QuerySet[Execution]) -> Decimal:
    """What went back on the order, or is approved to be paid by hand, by no charge on record."""
    back = refund.order.payments.filter(kind=Payment.Kind.REFUND).exclude(
        method__in=[STORE_CREDIT, Payment.REPLACEMENT]
    )
    by_charge = ordered.filter(state=State.DONE).exclude(charge="")
    by_hand = refund.order.refunds.filter(
        state=Refund.State.APPROVED, execution=None, remedy__in=MONEY_BACK_REMEDIES, seeded=False
    ).exclude(pk=refund.pk)
    under_way = ordered.filter(charge="").exclude(state=State.DONE)
    gone = max(_sum_amounts(back) - _sum_amounts(by_charge), Decimal(0))
    return gone + _sum_amounts(under_way) + _sum_amounts(by_hand)


def _sum_amounts(rows: QuerySet[Any]) -> Decimal:
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def execute_payment(execution_id: int) -> str:
    """Pay the execution if it waits for that; return its state then.

    No transaction and no lock is held during the call. A worker that dies leaves a claim
    whose lease runs out, and then it is in doubt.
    """
    execution = _claim_execution(execution_id)
    if execution is None:
        return str(Execution.objects.values_list("state", flat=True).get(pk=execution_id))
    answer = call_gateway("pay", execution)
    return ledger.record_answer(execution, answer)


def call_gateway(verb: str, execution: Execution) -> Answer:
    """The answer of the gateway's function ``verb`` ("pay" or "ask").

    An error it did not foresee may have happened after the money moved, so it is Unclear.
    """
    ask: Callable[[Execution], Answer] = import_string(
        f"{GATEWAY_MODULES[By(execution.by)]}.{verb}"
    )
    try:
        return ask(execution)
    except Exception as error:
        log.exception("execution %s is in doubt", execution.pk)
        return Unclear(f"Something unforeseen: {type(error).__name__}.")


def _claim_execution(execution_id: int) -> Execution | None:
    """The execution, leased to us, and its refund being paid; None where nothing is to do."""
    with transaction.atomic():
        refund = ledger.lock_execution_refund(execution_id)
        now = timezone.now()
        due = Q(next_at__lte=now)
        waiting = Execution.objects.filter(due, pk=execution_id, state=State.QUEUED)
        if waiting.exists() and not _keep_as_approved(refund):
            return None
        holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[-80:]
        if not leases.claim_row(PAYMENT_LEASE, execution_id, due=due, holder=holder, called_at=now):
            return None
        refund.state = Refund.State.EXECUTING
        refund_rows.save_state(refund)
    return Execution.objects.select_related("refund__order").get(pk=execution_id)


def _keep_as_approved(refund: Refund) -> bool:
    """Whether the refund is as it was approved; if not, its payment is given up.

    Built under the locks of the claim: what changed since the approval is found only here.
    """
    snapshot = build_snapshot(refund)
    if is_as_approved(refund, snapshot):
        return True
    ledger.cancel_execution(refund, refund_rows.APPROVAL_OUTDATED, snapshot=snapshot)
    return False
