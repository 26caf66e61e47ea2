"""What the frame around every page needs to know of the person in front of it."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import User
from django.http import HttpRequest

from tickets.access import SUPERVISORS, get_roles

register = template.Library()

THEMES = ("auto", "light", "dark")


@register.simple_tag(takes_context=True)
def theme(context: dict[str, Any]) -> str:
    """The theme the person chose, from their cookie: auto, light or dark."""
    chosen = _get_cookie(context, "theme")
    return chosen if chosen in THEMES else "auto"


@register.simple_tag(takes_context=True)
def shortcuts(context: dict[str, Any]) -> bool:
    """Whether single keys do something. On until switched off."""
    return _get_cookie(context, "keys") != "off"


@register.simple_tag(takes_context=True)
def roles(context: dict[str, Any]) -> frozenset[str]:
    """The names of the person's groups; asked for once a request."""
    request = context.get("request")
    if request is None or not isinstance(request.user, User):
        return frozenset()
    return get_roles(request.user)


@register.simple_tag(takes_context=True)
def is_supervisor(context: dict[str, Any]) -> bool:
    return SUPERVISORS in roles(context)


def _get_cookie(context: dict[str, Any], name: str) -> str:
    request = context.get("request")
    return request.COOKIES.get(name, "") if isinstance(request, HttpRequest) else ""
