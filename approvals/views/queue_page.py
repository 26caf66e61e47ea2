"""What waits for one supervisor, narrowed by filters that are all in the address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals import notifications, refund_page, review_queue, separation_of_duties
from approvals.models import Notice, Reader
from approvals.review import first_opinion
from tickets.access import SUPERVISORS, require_role


@require_safe
@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for me; in short what waits for others, is to be paid and was decided by me."""
    person = require_role(request.user, SUPERVISORS)
    found = review_queue.narrowed(person, request.GET, request)
    everything = separation_of_duties.queue_of(person)
    mine, below = list(found.qs[: refund_page.SHOWN]), refund_page.elsewhere(person)
    listed = [*mine, *(row["refund"] for row in below["others"])]
    needed = separation_of_duties.people_of([*listed, *below["to_pay"]])
    shown: dict[str, Any] = {
        "needed": needed,
        "mine": mine,
        "hidden": first_opinion.hidden(listed, person),
        "count": found.qs.count(),
        "filter": found,
        "asked": request.GET,
        "kept": request.GET.urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in review_queue.NARROW),
        "reasons": review_queue.reasons_in(everything),
        "currencies": review_queue.currencies_in(everything),
        "news": _news(person, looked_at=notifications.reader(person).looked_at),
        **below,
    }
    if request.method == "GET":
        Reader.objects.update_or_create(person=person, defaults={"looked_at": timezone.now()})
    return render(request, "approvals/queue.html", shown)


def _news(person: User, *, looked_at: datetime | None) -> dict[str, Any]:
    """What came since the person last saw this page; empty at the first time."""
    if looked_at is None:
        return {}
    told = Notice.objects.filter(to=person, at__gt=looked_at)
    kinds = [kind for kind in notifications.Kind if kind != notifications.Kind.DECIDED]
    counts = {str(kind): told.filter(kind=kind).count() for kind in kinds}
    return {"since": looked_at, **counts} if any(counts.values()) else {}
