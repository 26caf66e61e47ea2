"""The queue of one person: what waits for them, narrowed and in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from approvals import separation_of_duties
from approvals.models import Decision, Refund

MOST = 500
CODE = re.compile(r"[A-Z][A-Z0-9_]+")
SORTS = {
    "oldest": ("Oldest first", ("created_at", "id")),
    "ends": ("Runs out soonest", ("expires_at", "id")),
    "amount": ("Largest amount", ("-amount", "id")),
    "risk": ("Highest risk", ("-risk", "created_at", "id")),
}
AGES = [("4", "Longer than 4 hours"), ("24", "Longer than a day"), ("72", "Longer than 3 days")]
WHOSE = [("me", "Handed to me"), ("nobody", "Handed to nobody"), ("late", "Waiting too long")]
NARROW = ("age", "least", "most", "risk", "reason", "currency", "whose")


class QueueFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the queue can be narrowed to; every choice is in the address."""

    age = django_filters.ChoiceFilter(
        choices=AGES, method="waiting_for", label="Waiting", empty_label="Any age"
    )
    least = django_filters.NumberFilter(
        "amount", "gte", label="From", min_value=0, max_digits=12, decimal_places=2
    )
    most = django_filters.NumberFilter(
        "amount", "lte", label="Up to", min_value=0, max_digits=12, decimal_places=2
    )
    currency = django_filters.CharFilter("currency", "iexact", label="Currency", max_length=3)
    risk = django_filters.ChoiceFilter(
        choices=Refund.Risk.choices, label="Risk", empty_label="Any risk"
    )
    reason = django_filters.CharFilter(method="because", label="Reason", max_length=200)
    whose = django_filters.ChoiceFilter(
        choices=WHOSE, method="of_whom", label="Handed to", empty_label="Anyone"
    )
    sort = django_filters.ChoiceFilter(
        choices=[(name, words) for name, (words, _) in SORTS.items()],
        method="in_order",
        label="Order",
        empty_label=None,
    )

    class Meta:
        model = Refund
        fields: list[str] = []

    def waiting_for(self, refunds: QuerySet[Refund], name: str, value: str) -> QuerySet[Refund]:
        return refunds.filter(created_at__lt=timezone.now() - timedelta(hours=int(value)))

    def because(self, refunds: QuerySet[Refund], name: str, value: str) -> QuerySet[Refund]:
        return refunds.filter(reasons__contains=[value])

    def of_whom(self, refunds: QuerySet[Refund], name: str, value: str) -> QuerySet[Refund]:
        if value == "late":
            return refunds.filter(escalated_at__isnull=False)
        return refunds.filter(assigned_to=self.request.user if value == "me" else None)

    def in_order(self, refunds: QuerySet[Refund], name: str, value: str) -> QuerySet[Refund]:
        return refunds.order_by(*SORTS[value][1])


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one request stands in somebody's queue; ``next`` is the one after it, if any."""

    number: int
    of: int
    next: int | None = None


def narrowed(person: User, asked: QueryDict, request: Any) -> QueueFilter:
    """The person's queue under the filters of an address; ``.qs`` are the requests."""
    asked = asked.copy()
    asked.setdefault("sort", "oldest")
    return QueueFilter(
        asked, queryset=listed(separation_of_duties.queue_of(person)), request=request
    )


def listed(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    """With what a row of the queue shows, in as many queries as for one."""
    agreed = Count("decisions", filter=Q(decisions__verdict=Decision.Verdict.APPROVE))
    rows = refunds.select_related(
        "order", "ticket__customer", "assigned_to", "requested_by", "reviewers"
    )
    return rows.annotate(agreed=agreed)


def place(refund: Refund, queue: QuerySet[Refund]) -> Place | None:
    """Where the request stands in the queue; None where it is not in it (any more)."""
    pks = list(queue.values_list("pk", flat=True)[:MOST])
    if refund.pk not in pks:
        return None
    index = pks.index(refund.pk)
    others = pks[index + 1 :] + pks[:index]
    return Place(number=index + 1, of=len(pks), next=others[0] if others else None)


def reasons_in(queue: QuerySet[Refund]) -> list[str]:
    """The reason codes of the requests, for the choice of one; sentences are no codes."""
    lists = queue.order_by().values_list("reasons", flat=True)[:MOST]
    return sorted({reason for reasons in lists for reason in reasons if CODE.fullmatch(reason)})


def currencies_in(queue: QuerySet[Refund]) -> list[str]:
    return sorted(set(queue.order_by().values_list("currency", flat=True)))
