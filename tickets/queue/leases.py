"""Leases: one of two workers gets a row, holds it for a while, and gives it up.

Everything is one conditional UPDATE, so that PostgreSQL decides who is first: of two that
claim at once the second waits for the first and then finds the row taken. Runs, jobs and
payment orders are claimed here, each with its own ``Lease``; mails have no lease and only
change their state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone

PASSING_FAULTS = (OperationalError, InterfaceError, IntegrityError)
"""Faults that the next attempt may not meet: the database is gone, or somebody was first."""


class LeaseLost(Exception):
    """Another worker holds the row now: whatever this one has is to be thrown away."""


@dataclass(frozen=True)
class Lease:
    """How rows of a model are leased, by its columns ``state`` and ``lease_until``.

    ``waiting`` and ``held`` are its states before and during the work. ``counter`` is the column
    that counts the claims, so that an older claim of the same holder is told from a newer one.
    ``is_retaken``: a row whose lease ran out may be claimed again. Not so where the work may
    have had its effect already, as with money.
    """

    model: type[Model]
    waiting: str
    held: str
    get_duration: Callable[[], timedelta]
    counter: str = "attempt"
    is_retaken: bool = True


def build_abandoned_filter(lease: Lease, now: datetime) -> Q:
    """Rows whose holder let the lease run out."""
    return Q(state=lease.held, lease_until__lt=now)


def build_free_filter(lease: Lease, now: datetime) -> Q:
    """Rows that may be claimed at ``now``."""
    free = Q(state=lease.waiting)
    return free | build_abandoned_filter(lease, now) if lease.is_retaken else free


def claim_row(lease: Lease, pk: int, *, due: Q | None = None, **values: Any) -> bool:
    """Lease the row and write ``values`` to it; False where it is not free, or not ``due``."""
    now = timezone.now()
    return change_row(
        _query(lease).filter(build_free_filter(lease, now), due or Q(), pk=pk),
        state=lease.held,
        lease_until=now + lease.get_duration(),
        **{lease.counter: F(lease.counter) + 1},
        **values,
    )


def renew_lease(lease: Lease, row: Any, **values: Any) -> None:
    """Write ``values`` and prolong the lease, only while it is still the claim of ``row``.

    Inside a transaction it also locks the row, so that what follows is ours as well.
    Raises LeaseLost.
    """
    written = {"lease_until": timezone.now() + lease.get_duration(), **values}
    if not change_row(_query_claim(lease, row), **written):
        holder = getattr(row, "holder", "us")
        raise LeaseLost(f"{row._meta.model_name} {row.pk} is no longer held by {holder}")
    row.lease_until = written["lease_until"]


def keep_lease(lease: Lease, row: Any) -> None:
    """Prolong the lease where half of it is over. Raises LeaseLost.

    So work of many short pieces asks the database by time and not by piece.
    """
    if row.lease_until - timezone.now() < lease.get_duration() / 2:
        renew_lease(lease, row)


def end_lease(lease: Lease, row: Model, state: str, **values: Any) -> None:
    """Write the final state and give up the lease for good. Raises LeaseLost."""
    renew_lease(lease, row, state=state, lease_until=None, **values)


def change_row(row: QuerySet[Any], **values: Any) -> bool:
    """Write to the one row that still fulfils the conditions of the query; whether it did.

    Two processes cannot both do it where ``values`` end a condition.
    """
    return bool(row.update(**values))


def call_out_overdue(
    waiting: QuerySet[Any], since: str, *, before: datetime, until: datetime, limit: int
) -> list[int]:
    """Ids of the oldest rows whose column ``since`` is not after ``before``, at most ``limit``.

    Each counts from ``until`` on, so that it is called out once and not at every sweep.
    """
    overdue = waiting.filter(**{f"{since}__lte": before}).order_by(since, "pk")
    pks = list(overdue.values_list("pk", flat=True)[:limit])
    waiting.filter(pk__in=pks).update(**{since: until})
    return pks


def _query(lease: Lease) -> QuerySet[Any]:
    return lease.model._default_manager.all()


def _query_claim(lease: Lease, row: Model) -> QuerySet[Any]:
    """The row as long as nobody else claimed it: each claim counts up."""
    claim = {lease.counter: getattr(row, lease.counter)}
    return _query(lease).filter(pk=row.pk, state=lease.held, **claim)
