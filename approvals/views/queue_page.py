"""The queue page of one supervisor, narrowed by filters that are all in the address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals import account_hands, notifications, review_queue
from approvals.models import Reader
from approvals.views import refund_evidence
from tickets.access import SUPERVISORS, require_role


@require_safe
@login_required
def show_queue(request: HttpRequest) -> HttpResponse:
    """What waits for this person, then in short what waits for others, what is to be paid and
    what they decided.
    """
    person = require_role(request.user, SUPERVISORS)
    waiting, reader = review_queue.list_waiting_ids(person), notifications.get_reader(person)
    listed = review_queue.list_filtered_ids(waiting, request.GET, request)
    shown: dict[str, Any] = {
        "filter": review_queue.filter_queue(waiting, request.GET, request),
        "asked": request.GET,
        "kept": _remove_places(request.GET).urlencode(),
        "is_narrowed": review_queue.is_narrowed(request.GET),
        "news": _count_news(person, looked_at=reader.looked_at),
        "accounts_wait": account_hands.list_unconfirmed_people(),
        "waiting_ids": waiting,
        "reader": reader,
        **refund_evidence.build_queue_sections(person, waiting, listed, request.GET),
    }
    if request.method == "GET":
        _keep_looked_at(person)
    return render(request, "approvals/queue.html", shown)


def _remove_places(asked: QueryDict) -> QueryDict:
    left = asked.copy()
    for name in ("after", "unpaid_after"):
        left.pop(name, None)
    return left


def _keep_looked_at(person: User) -> None:
    now = timezone.now()
    if not Reader.objects.filter(person=person).update(looked_at=now):
        Reader.objects.update_or_create(person=person, defaults={"looked_at": now})


def _count_news(person: User, *, looked_at: datetime | None) -> dict[str, Any]:
    """The notices since the person last saw this page, counted by kind, with ``since``.

    Empty at the first time and where there are none.
    """
    if looked_at is None:
        return {}
    counts = notifications.count_news(person, looked_at)
    return {"since": looked_at, **counts} if counts else {}
