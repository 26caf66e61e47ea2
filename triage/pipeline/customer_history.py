"""What the rows say of a customer beside single orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, Q, Sum, Value
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils import timezone

from approvals.models import Refund
from tickets.models import Customer, Payment

COMMITTED_STATES = [Refund.State.APPROVED, Refund.State.EXECUTING, Refund.State.DOUBT]
RECENT_TIME = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A customer's orders and payments as a whole.

    ``orders`` are all orders, ids by number, newest first. ``spent`` and ``returned`` are sums
    over all of them, None where there is none; across several ``currencies`` they say nothing.
    ``returns`` are payments back, ``recent_refunds`` how often money went back, or was approved
    to, in the last ninety days.
    """

    orders: Mapping[str, int]
    currencies: frozenset[str]
    spent: Decimal | None
    returns: int
    returned: Decimal | None
    recent_refunds: int


def load_account(customer: Customer) -> Account:
    """The account of a customer, in three queries however long it is."""
    orders = list(
        customer.orders.order_by("-placed_at", "-id").values_list("number", "pk", "currency")
    )
    moved = _sum_payments(customer)
    return Account(
        orders={number: pk for number, pk, _ in orders},
        currencies=frozenset(currency for *_, currency in orders),
        spent=moved["spent"],
        returns=moved["returns"],
        returned=moved["returned"],
        recent_refunds=moved["recent"] + _count_due_refunds(customer),
    )


def _sum_payments(customer: Customer) -> dict[str, Any]:
    """Sums over all payments; of one order on one day money goes back once."""
    back = Q(kind=Payment.Kind.REFUND)
    money = back & ~Q(method=Payment.REPLACEMENT)
    order, day = (Cast(of, CharField()) for of in ("order_id", TruncDate("at")))
    return Payment.objects.filter(order__customer=customer).aggregate(
        spent=Sum("amount", filter=Q(kind=Payment.Kind.CAPTURE)),
        returned=Sum("amount", filter=money),
        returns=Count("pk", filter=money),
        recent=Count(
            Concat(order, Value(" "), day),
            distinct=True,
            filter=back & Q(at__gte=timezone.now() - RECENT_TIME),
        ),
    )


def _count_due_refunds(customer: Customer) -> int:
    return Refund.objects.filter(
        order__customer=customer,
        state__in=COMMITTED_STATES,
        created_at__gte=timezone.now() - RECENT_TIME,
        seeded=False,
    ).count()
