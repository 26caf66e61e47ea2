"""How many refunds wait for the person in front of the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import User

from approvals import notifications
from approvals.separation_of_duties import list_queued_refunds

register = template.Library()

MAX_COUNT_SHOWN = 99  # more is shown as 99+; nobody needs the exact number, and counting costs


@register.simple_tag(takes_context=True)
def waiting_count(context: dict[str, Any]) -> str:
    """ "3", "99+" or an empty string; a page that knows ``waiting_ids`` is not asked again."""
    request = context.get("request")
    if request is None or not isinstance(request.user, User):
        return ""
    waiting = context.get("waiting_ids")
    found = len(_list_waiting_ids(request.user) if waiting is None else waiting)
    return "" if not found else f"{MAX_COUNT_SHOWN}+" if found > MAX_COUNT_SHOWN else str(found)


def _list_waiting_ids(person: User) -> list[int]:
    waiting = list_queued_refunds(person).order_by()
    return list(waiting.values_list("pk", flat=True)[: MAX_COUNT_SHOWN + 1])


@register.simple_tag(takes_context=True)
def by_mail(context: dict[str, Any]) -> bool:
    """Whether the person hears of refunds by mail."""
    person = getattr(context.get("request"), "user", None)
    if not isinstance(person, User):
        return False
    return (context.get("reader") or notifications.get_reader(person)).by_mail


@register.filter
def of(numbers: dict[int, int], pk: int) -> int:
    """The number of the row ``pk``, out of numbers that were counted for all rows at once."""
    return numbers[pk]
