"""The inbox's filters, and how many tickets each state holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import django_filters
from django.db.models import Exists, Manager, OuterRef, Q, QuerySet

from tickets.models import Correction, Order, Ticket

OPEN_STATUSES = (Ticket.Status.NEW, Ticket.Status.READY, Ticket.Status.ATTENTION)
INBOX_VIEWS = [
    ("open", "Open"),
    ("attention", "Needs a person"),
    ("ready", "Draft ready"),
    ("new", "New"),
    ("waiting", "Waiting for customer"),
    ("closed", "Closed"),
    ("all", "All"),
]
MAX_COUNT = 99


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the inbox can be narrowed to. Open tickets, where nothing is asked."""

    status = django_filters.ChoiceFilter(choices=INBOX_VIEWS, method="in_state", label="State")
    label = django_filters.CharFilter(field_name="label", label="Label", max_length=80)
    urgency = django_filters.ChoiceFilter(
        choices=Ticket.Urgency.choices, label="Urgency", empty_label="Any urgency"
    )
    who = django_filters.ChoiceFilter(
        choices=[("me", "Mine"), ("nobody", "Unassigned")],
        method="of_whom",
        label="Assigned to",
        empty_label="Anyone",
    )
    q = django_filters.CharFilter(method="search", label="Search", max_length=200)

    class Meta:
        model = Ticket
        fields: list[str] = []

    def in_state(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        if value == "all":
            return tickets
        return tickets.filter(status__in=OPEN_STATUSES if value == "open" else [value])

    def of_whom(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        if value == "nobody":
            return tickets.filter(assignee=None)
        return tickets.filter(assignee=self.request.user)

    def search(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Subject, name, e-mail, ticket number (#12 or 12), or an order's number."""
        found = (
            Q(subject__icontains=value)
            | Q(name__icontains=value)
            | Q(email__icontains=value)
            | Q(customer__name__icontains=value)
            | Q(customer__email__icontains=value)
            | Q(customer__in=Order.objects.filter(number__iexact=value).values("customer"))
        )
        number = value.removeprefix("#")
        if number.isdecimal() and len(number) < 10:
            found |= Q(pk=int(number))
        return tickets.filter(found)


def list_tickets(tickets: Manager[Ticket] = Ticket.objects) -> QuerySet[Ticket]:
    """Tickets with customer and assignee, and whether a person chose the label."""
    by_person = Correction.objects.filter(
        ticket=OuterRef("pk"),
        step="classify",
        after=OuterRef("label"),
        by__username=OuterRef("labelled_by"),
    )
    return tickets.select_related("customer", "assignee").annotate(
        label_by_person=Exists(by_person)
    )


def count_by_status() -> dict[str, str]:
    """State -> how many, at most "99+": one query that never walks the whole table."""
    states = [
        Ticket.objects.filter(status=s).order_by().values_list("status")[: MAX_COUNT + 1]
        for s in Ticket.Status
    ]
    found: Counter[Any] = Counter(row[0] for row in states[0].union(*states[1:], all=True))
    found["open"] = sum(found[state] for state in OPEN_STATUSES)
    return {state: f"{MAX_COUNT}+" if n > MAX_COUNT else str(n) for state, n in found.items() if n}
