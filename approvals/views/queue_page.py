"""The queue page of one supervisor, narrowed by filters that are all in the address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals import account_hands, notifications, review_queue, separation_of_duties
from approvals.models import Notice, Reader
from approvals.review import first_opinion
from approvals.views import refund_evidence
from tickets.access import SUPERVISORS, require_role


@require_safe
@login_required
def show_queue(request: HttpRequest) -> HttpResponse:
    """What waits for this person, then in short what waits for others, what is to be paid and
    what they decided.
    """
    person = require_role(request.user, SUPERVISORS)
    found = review_queue.filter_queue(person, request.GET, request)
    everything = separation_of_duties.list_queued_refunds(person)
    mine, below = (
        list(found.qs[: refund_evidence.MAX_ROWS_SHOWN]),
        refund_evidence.build_queue_sections(person),
    )
    listed = [*mine, *(row["refund"] for row in below["others"])]
    needed = separation_of_duties.map_approvers_needed([*listed, *below["to_pay"]])
    shown: dict[str, Any] = {
        "needed": needed,
        "mine": mine,
        "hidden": first_opinion.find_blinded_refunds(listed, person),
        "count": found.qs.count(),
        "filter": found,
        "asked": request.GET,
        "kept": request.GET.urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in review_queue.FILTER_NAMES),
        "reasons": review_queue.list_reason_codes(everything),
        "currencies": review_queue.list_currencies(everything),
        "news": _count_news(person, looked_at=notifications.get_reader(person).looked_at),
        "accounts_wait": list(account_hands.list_unconfirmed_people()),
        **below,
    }
    if request.method == "GET":
        Reader.objects.update_or_create(person=person, defaults={"looked_at": timezone.now()})
    return render(request, "approvals/queue.html", shown)


def _count_news(person: User, *, looked_at: datetime | None) -> dict[str, Any]:
    """The notices since the person last saw this page, counted by kind, with ``since``.

    Empty at the first time and where there are none.
    """
    if looked_at is None:
        return {}
    told = Notice.objects.filter(to=person, at__gt=looked_at)
    kinds = [kind for kind in notifications.Kind if kind != notifications.Kind.DECIDED]
    counts = {str(kind): told.filter(kind=kind).count() for kind in kinds}
    return {"since": looked_at, **counts} if any(counts.values()) else {}
