"""The queue of one person: the requests that wait for them, filtered and in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from approvals import separation_of_duties
from approvals.models import Refund
from tickets.models.amounts import MONEY_FIELD_OPTIONS
from tickets.prepared import Given, PreparedQuery

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
MAX_COUNT_SHOWN = 99  # more is shown as 99+; nobody needs the exact number, and counting costs
WAITING = PreparedQuery(lambda: _query_queue().order_by(*SORTS["oldest"][1]).values_list("pk"))
FIRST_WAITING = PreparedQuery(
    lambda: _query_queue().order_by().values_list("pk")[: MAX_COUNT_SHOWN + 1]
)
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


def _query_queue() -> QuerySet[Refund]:
    return separation_of_duties.query_queued_refunds(Given("person"), Given("now"))


def list_waiting_ids(person: User) -> list[int]:
    """Ids of the requests in the person's queue, oldest first.

    Who may decide on what is the dearest question of a page: asked once, it answers how many
    wait, which, and where one of them stands.
    """
    return [pk for (pk,) in WAITING.fetch(person=person.pk, now=timezone.now())]


def count_waiting(person: User) -> int:
    """How many requests are in the person's queue, at most one more than ``MAX_COUNT_SHOWN``."""
    return len(FIRST_WAITING.fetch(person=person.pk, now=timezone.now()))


def filter_queue(waiting: list[int], asked: QueryDict, request: Any) -> QueueFilter:
    """The queue ``waiting`` under the filters of an address; ``.qs`` are the requests."""
    asked = asked.copy()
    asked.setdefault("sort", "oldest")
    return QueueFilter(asked, queryset=Refund.objects.filter(pk__in=waiting), request=request)


def list_filtered_ids(waiting: list[int], asked: QueryDict, request: Any) -> list[int]:
    """Ids of the requests under the filters of an address, in the order that it asks for."""
    if not is_narrowed(asked) and asked.get("sort", "oldest") == "oldest":
        return waiting
    return list(filter_queue(waiting, asked, request).qs.values_list("pk", flat=True))


def is_narrowed(asked: QueryDict) -> bool:
    """Whether an address asks for a part of the queue only."""
    return any(asked.get(name) for name in FILTER_NAMES)


def find_place(refund: Refund, queue: list[int]) -> QueuePlace | None:
    """Where the request stands in the queue; None where it is not in it (any more)."""
    if refund.pk not in queue:
        return None
    index = queue.index(refund.pk)
    others = queue[index + 1 :] or queue[:index]
    return QueuePlace(number=index + 1, of=len(queue), next=others[0] if others else None)


def list_reason_codes(reasons: Iterable[Sequence[str]]) -> list[str]:
    """The codes among the reasons of requests, sorted, for the filter. Sentences are no codes."""
    found = {reason for each in reasons for reason in each}
    return sorted(reason for reason in found if REASON_CODE.fullmatch(reason))
