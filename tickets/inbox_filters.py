"""The inbox's filters, and how many tickets each state holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import django_filters
from django.db import connection
from django.db.models import Exists, Manager, OuterRef, Q, QuerySet

from tickets.models import Correction, Message, Order, Ticket
from tickets.prepared import Given, GivenList, PreparedQuery

OPEN_STATUSES = (Ticket.Status.NEW, Ticket.Status.READY, Ticket.Status.ATTENTION)
INBOX_VIEWS = [
    ("open", "Open"),
    ("attention", "Needs a person"),
    ("ready", "Draft ready"),
    ("new", "New"),
    ("unsent", "Reply not sent"),
    ("waiting", "Waiting for customer"),
    ("closed", "Closed"),
    ("all", "All"),
]
MAX_COUNT = 99
ROWS = PreparedQuery(
    lambda: (
        list_tickets(stuck_before=Given("stuck_before")).filter(pk__in=GivenList("ids")).order_by()
    )
)
UNSENT = PreparedQuery(
    lambda: (
        Ticket.objects.filter(build_unsent_filter(Given("stuck_before")))
        .order_by()
        .values_list("status")[: 2 * (MAX_COUNT + 1)]
    )
)
STATUS_COUNTS_SQL = """
    SELECT status, (
        SELECT count(*) FROM (
            SELECT FROM tickets_ticket t WHERE t.status = s.status AND NOT t.seeded LIMIT %s
        ) AS capped
    ) FROM unnest(%s::text[]) AS s(status)
"""


def build_unsent_filter(stuck_before: Any = None) -> Q:
    """Tickets with a reply that did not leave, or may not have."""
    unsent = Message.build_unsent_filter(stuck_before)
    return Q(Exists(Message.objects.filter(unsent, ticket=OuterRef("pk"))))


def build_open_filter(stuck_before: Any = None) -> Q:
    """Tickets that wait for somebody of ours, whatever their status says."""
    return Q(status__in=OPEN_STATUSES) | build_unsent_filter(stuck_before)


def filter_state(
    tickets: QuerySet[Ticket], state: str, stuck_before: Any = None
) -> QuerySet[Ticket]:
    """The tickets of one of ``INBOX_VIEWS``."""
    if state == "all":
        return tickets
    if state == "open":
        return tickets.filter(build_open_filter(stuck_before))
    if state == "unsent":
        return tickets.filter(build_unsent_filter(stuck_before))
    return tickets.filter(status=state)


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
        return filter_state(tickets, value)

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


def list_tickets(
    tickets: Manager[Ticket] = Ticket.objects, stuck_before: Any = None
) -> QuerySet[Ticket]:
    """Tickets with customer and assignee, whether a person chose the label, and whether a reply
    did not leave.
    """
    by_person = Correction.objects.filter(
        ticket=OuterRef("pk"),
        step="classify",
        after=OuterRef("label"),
        by__username=OuterRef("labelled_by"),
    )
    return tickets.select_related("customer", "assignee").annotate(
        label_by_person=Exists(by_person), reply_unsent=build_unsent_filter(stuck_before)
    )


def load_rows(ids: list[int]) -> list[Ticket]:
    """The tickets of ``list_tickets`` with these ids, in their order."""
    found = {row.pk: row for row in ROWS.fetch(ids=ids, stuck_before=Message.get_stuck_time())}
    return [found[pk] for pk in ids if pk in found]


def count_by_status() -> dict[str, str]:
    """State -> how many, at most "99+": two queries that never walk the whole table."""
    found: Counter[str] = Counter(_count_statuses())
    unsent = Counter(_list_unsent_statuses())
    found["unsent"] = unsent.total()
    settled = sum(n for status, n in unsent.items() if status not in OPEN_STATUSES)
    found["open"] = sum(found[status] for status in OPEN_STATUSES) + settled
    return {state: f"{MAX_COUNT}+" if n > MAX_COUNT else str(n) for state, n in found.items() if n}


def _count_statuses() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            STATUS_COUNTS_SQL, [MAX_COUNT + 1, [str(status) for status in Ticket.Status]]
        )
        return dict(cursor.fetchall())


def _list_unsent_statuses() -> list[str]:
    """The statuses of tickets with a reply that did not leave: enough of them that either those
    that are settled, or those that are open, are seen to be more than ``MAX_COUNT``.
    """
    return [status for (status,) in UNSENT.fetch(stuck_before=Message.get_stuck_time())]
