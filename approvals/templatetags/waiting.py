"""How many refunds wait for the person in front of the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import User

from approvals import notifications, review_queue
from approvals.review_queue import MAX_COUNT_SHOWN

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_count(context: dict[str, Any]) -> str:
    """ "3", "99+" or an empty string; a page that knows ``waiting_ids`` is not asked again."""
    request = context.get("request")
    if request is None or not isinstance(request.user, User):
        return ""
    waiting = context.get("waiting_ids")
    found = review_queue.count_waiting(request.user) if waiting is None else len(waiting)
    return "" if not found else f"{MAX_COUNT_SHOWN}+" if found > MAX_COUNT_SHOWN else str(found)


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
