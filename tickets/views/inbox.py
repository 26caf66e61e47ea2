"""The inbox: which ticket next."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from tickets import paging
from tickets.access import STAFF, require_role
from tickets.inbox_filters import INBOX_VIEWS, TicketFilter, count_by_status
from tickets.models import Ticket


@require_safe
@login_required
def show_inbox(request: HttpRequest) -> HttpResponse:
    """Tickets, newest first, narrowed by filters; htmx gets the list alone."""
    require_role(request.user, *STAFF)
    asked = request.GET.copy()
    asked.setdefault("status", "open")
    narrowed = TicketFilter(asked, queryset=Ticket.objects.all(), request=request)
    is_narrowed = any(asked.get(name) for name in ("q", "label", "urgency", "who"))
    state = str(asked["status"])
    by_state = not is_narrowed and state in dict(INBOX_VIEWS)
    listed = paging.list_state(state) if by_state else paging.list_from(narrowed.qs)
    page = paging.get_page(listed, older=asked.get("older", ""), newer=asked.get("newer", ""))
    kept = _remove_parameters(asked, "older", "newer")
    template = "tickets/_inbox_list.html" if is_fragment(request) else "tickets/inbox.html"
    response = render(
        request,
        template,
        {
            "page": page,
            "filter": narrowed,
            "asked": asked,
            "kept": kept.urlencode(),
            "views": _build_view_links(asked),
            "narrowed": is_narrowed,
        },
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page, not for the page out of its history."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _build_view_links(asked: QueryDict) -> list[dict[str, object]]:
    """The states as links that keep the other filters, each with its capped count."""
    found = count_by_status()
    rest = _remove_parameters(asked, "older", "newer", "status")
    return [
        {
            "name": name,
            "count": found.get(state, ""),
            "query": f"status={state}&{rest.urlencode()}".rstrip("&"),
            "here": asked.get("status") == state,
        }
        for state, name in INBOX_VIEWS
    ]


def _remove_parameters(asked: QueryDict, *names: str) -> QueryDict:
    left = asked.copy()
    for name in names:
        left.pop(name, None)
    return left
