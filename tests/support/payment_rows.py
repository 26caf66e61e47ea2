"""Approved refunds and a payment side for them, as several tests need it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from approvals import payments, services
from approvals.models import Execution, Refund
from tests.conftest import join
from tests.support import shop_rows
from tests.support.payment_server import SECRET, Books
from tickets.models import Receipt

PI = "pi_walnut"
PATIENT, IMPATIENT = 20, 0.4  # seconds: nothing but a hanging answer takes so long
WAITING = ("hangs", "pays late")


def by_webhook(settings: Any, books: Books) -> None:
    settings.PAYMENT_EXECUTOR = "webhook"
    settings.PAYMENT_URL = f"{books.address}/pay"
    settings.PAYMENT_SECRET = SECRET
    settings.PAYMENT_TIMEOUT = PATIENT


def by_stripe(settings: Any, books: Books) -> None:
    settings.PAYMENT_EXECUTOR = "stripe"
    settings.STRIPE_API_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = books.address
    settings.PAYMENT_TIMEOUT = PATIENT


def meet(settings: Any, books: Books, mood: str) -> None:
    """From now on orders are met so; nobody waits long for what never comes."""
    books.mood = mood
    settings.PAYMENT_TIMEOUT = IMPATIENT if mood in WAITING else PATIENT


def approved(amount: str = "49.00", *, number: str = "HP-1042", **terms: Any) -> Refund:
    """A refund that sol approved, of an order that was paid by the charge ``pi_walnut``."""
    order = shop_rows.order(number)
    order.payments.update(reference=PI)
    proposal = services.Proposal(order=order, amount=Decimal(amount), **terms)
    refund = services.propose_refund(shop_rows.ticket(), proposal, run=None, by=None)
    return approve(refund)


def approve(refund: Refund) -> Refund:
    return services.decide_refund(
        refund.pk,
        by=join("sol"),
        verdict="approve",
        reason="fair",
        seen=services.compute_fingerprint(refund),
    )


def ordered(amount: str = "49.00", **terms: Any) -> Execution:
    """Its payment, waiting for a worker."""
    return Execution.objects.get(refund=approved(amount, **terms))


def paid(execution: Execution) -> Execution:
    """After one call of the payment side."""
    payments.execute_payment(execution.pk)
    return again(execution)


def again(execution: Execution) -> Execution:
    return Execution.objects.select_related("refund").get(pk=execution.pk)


def asked(execution: Execution, *, later: int = 60) -> Execution:
    """After one question, when it is due; ``later`` in minutes since the call."""
    past = shop_rows.days_ago(0) - timedelta(minutes=later)
    Execution.objects.filter(pk=execution.pk).update(next_at=past, called_at=past)
    payments.reconcile_execution(execution.pk)
    return again(execution)


def states(execution: Execution) -> tuple[str, str]:
    now = again(execution)
    return now.state, now.refund.state


def doubted(books: Books, **terms: Any) -> Execution:
    books.mood = "drops after"
    return paid(ordered(**terms))


def newest() -> Receipt:
    return Receipt.objects.filter(step="pay").latest("seq")


def minutes_ago(minutes: int) -> Any:
    return timezone.now() - timedelta(minutes=minutes)
