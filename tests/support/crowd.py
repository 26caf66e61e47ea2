"""Many people and workers at once on one order's refunds, each with an own connection."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import cycle
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Sum

from approvals import payments, services
from approvals.errors import Refused, Stale
from approvals.models import Execution, Refund
from tests.support import shop_rows
from tests.support.payment_rows import PI
from tests.support.payment_server import Books
from tickets.models import Order, Payment

T = TypeVar("T")
AMOUNTS = [Decimal(pounds) for pounds in (7, 3, 11, 5, 2, 13)]
LOOKS = 12  # times somebody looks again at what changed under their hands
COMMITTED = """
    SELECT COALESCE((SELECT SUM(amount) FROM approvals_refund WHERE order_id = %(order)s
        AND state IN ('approved', 'executing', 'doubt')), 0)
    + COALESCE((SELECT SUM(amount) FROM tickets_payment
        WHERE order_id = %(order)s AND kind = 'refund'), 0)
"""


@dataclass
class Rush:
    """What came of it. ``most`` is the largest sum that was ever given or promised at one time."""

    ended: Counter[str] = field(default_factory=Counter)
    most: Decimal = Decimal(0)
    glances: int = 0


def requests_on_one_order(count: int, captured: str) -> tuple[Order, list[Refund]]:
    """So many requests, each of a ticket of its own, for much more than was paid."""
    order = shop_rows.order()
    order.payments.update(amount=captured, reference=PI)
    asked = []
    for _, amount in zip(range(count), cycle(AMOUNTS)):  # noqa: B905  # the second has no end
        proposal = services.Proposal(order=order, amount=amount)
        asked.append(services.propose_refund(shop_rows.ticket(), proposal, run=None, by=None))
    return order, asked


def rush(order: Order, asked: Sequence[Refund], people: Sequence[User], *, threads: int) -> Rush:
    """Everybody decides on everything, and every decision is carried out by whoever is first."""
    seen, over = Rush(), threading.Event()
    watch = threading.Thread(target=_alone, args=(_watch, order, seen, over))
    watch.start()
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(_alone, _decide_and_pay, refund.pk, person)
            for refund in asked
            for person in people
        ]
        seen.ended.update(job.result() for job in jobs)
    over.set()
    watch.join()
    return seen


def _decide_and_pay(pk: int, person: User) -> str:
    said = "changed too often"
    for _ in range(LOOKS):
        refund = Refund.objects.select_related("order", "ticket", "run").get(pk=pk)
        try:
            services.decide_refund(
                pk,
                by=person,
                verdict="approve",
                reason="fair",
                seen=services.compute_fingerprint(refund),
            )
        except Stale:
            continue
        except Refused as refused:
            said = type(refused).__name__
        break
    execution = Execution.objects.filter(refund_id=pk).first()
    return payments.attend_execution(execution.pk) if execution else said


def _watch(order: Order, seen: Rush, over: threading.Event) -> None:
    while not over.wait(0.01):
        with connection.cursor() as cursor:
            cursor.execute(COMMITTED, {"order": order.pk})
            seen.most = max(seen.most, cursor.fetchone()[0])
        seen.glances += 1


def _alone(work: Callable[..., T], *args: Any) -> T:
    """On a connection of its own."""
    try:
        return work(*args)
    finally:
        connection.close()


def given_back(order: Order) -> Decimal:
    """What our own rows say went back."""
    back = order.payments.filter(kind=Payment.Kind.REFUND).aggregate(total=Sum("amount"))
    return back["total"] or Decimal(0)


def moved(books: Books) -> Decimal:
    """What the payment side says went back."""
    return sum((Decimal(order.amount) for order, _ in books.moved.values()), Decimal(0))
