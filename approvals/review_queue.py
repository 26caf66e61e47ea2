"""The queue of one person: the requests that wait for them, filtered and in their order."""

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
from tickets.models.amounts import MONEY_FIELD_OPTIONS

MAX_QUEUE_ROWS = 500
REASON_CODE = re.compile(r"[A-Z][A-Z0-9_]+")
SORTS = {
    "oldest": ("Oldest first", ("created_at", "id")),
    "ends": ("Runs out soonest", ("expires_at", "id")),
    "amount": ("Largest amount", ("-amount", "id")),
    "risk": ("Highest risk", ("-risk", "created_at", "id")),
}
AGE_CHOICES = [
    ("4", "Longer than 4 hours"),
    ("24", "Longer than a day"),
    ("72", "Longer than 3 days"),
]
ASSIGNMENT_CHOICES = [
    ("me", "Handed to me"),
    ("nobody", "Handed to nobody"),
    ("late", "Waiting too long"),
]
FILTER_NAMES = ("age", "least", "most", "risk", "reason", "currency", "whose")


class QueueFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters and sort orders of the queue; every choice is in the address."""

    age = django_filters.ChoiceFilter(
        choices=AGE_CHOICES, method="waiting_for", label="Waiting", empty_label="Any age"
    )
    least = django_filters.NumberFilter(
        "amount", "gte", label="From", min_value=0, **MONEY_FIELD_OPTIONS
    )
    most = django_filters.NumberFilter(
        "amount", "lte", label="Up to", min_value=0, **MONEY_FIELD_OPTIONS
    )
    currency = django_filters.CharFilter("currency", "iexact", label="Currency", max_length=3)
    risk = django_filters.ChoiceFilter(
        choices=Refund.Risk.choices, label="Risk", empty_label="Any risk"
    )
    reason = django_filters.CharFilter(method="because", label="Reason", max_length=200)
    whose = django_filters.ChoiceFilter(
        choices=ASSIGNMENT_CHOICES, method="of_whom", label="Handed to", empty_label="Anyone"
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
class QueuePlace:
    """Where one request stands in somebody's queue; ``next`` is the one after it, if any."""

    number: int
    of: int
    next: int | None = None


def filter_queue(person: User, asked: QueryDict, request: Any) -> QueueFilter:
    """The person's queue under the filters of an address; ``.qs`` are the requests."""
    asked = asked.copy()
    asked.setdefault("sort", "oldest")
    return QueueFilter(
        asked,
        queryset=annotate_queue_rows(separation_of_duties.list_queued_refunds(person)),
        request=request,
    )


def annotate_queue_rows(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    """The refunds with what a row of the queue shows, in as many queries as for one."""
    agreed = Count("decisions", filter=Q(decisions__verdict=Decision.Verdict.APPROVE))
    rows = refunds.select_related(
        "order", "ticket__customer", "assigned_to", "requested_by", "reviewers"
    )
    return rows.annotate(agreed=agreed)


def find_place(refund: Refund, queue: QuerySet[Refund]) -> QueuePlace | None:
    """Where the request stands in the queue; None where it is not in it (any more)."""
    pks = list(queue.values_list("pk", flat=True)[:MAX_QUEUE_ROWS])
    if refund.pk not in pks:
        return None
    index = pks.index(refund.pk)
    others = pks[index + 1 :] + pks[:index]
    return QueuePlace(number=index + 1, of=len(pks), next=others[0] if others else None)


def list_reason_codes(queue: QuerySet[Refund]) -> list[str]:
    """The reason codes of the requests, sorted, for the filter. Sentences are no codes."""
    lists = queue.order_by().values_list("reasons", flat=True)[:MAX_QUEUE_ROWS]
    return sorted(
        {reason for reasons in lists for reason in reasons if REASON_CODE.fullmatch(reason)}
    )


def list_currencies(queue: QuerySet[Refund]) -> list[str]:
    return sorted(set(queue.order_by().values_list("currency", flat=True)))
