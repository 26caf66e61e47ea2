"""How many refunds wait for the person in front of the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import User

from approvals import notifications
from approvals.separation_of_duties import queue_of

register = template.Library()

MOST = 99  # more is shown as 99+; nobody needs the exact number, and counting costs


@register.simple_tag(takes_context=True)
def waiting_count(context: dict[str, Any]) -> str:
    """ "3", "99+" or an empty string."""
    request = context.get("request")
    if request is None or not isinstance(request.user, User):
        return ""
    found = len(queue_of(request.user).order_by().values_list("pk", flat=True)[: MOST + 1])
    return "" if not found else f"{MOST}+" if found > MOST else str(found)


@register.simple_tag(takes_context=True)
def by_mail(context: dict[str, Any]) -> bool:
    """Whether the person hears of refunds by mail."""
    person = getattr(context.get("request"), "user", None)
    return isinstance(person, User) and notifications.reader(person).by_mail


@register.filter
def of(numbers: dict[int, int], pk: int) -> int:
    """The number of one row, of those that were counted for all of them at once."""
    return numbers[pk]
