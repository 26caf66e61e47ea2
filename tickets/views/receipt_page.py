"""One receipt: everything in it to read, and the same as JSON."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets.access import get_receipt_for
from tickets.audit import receipts
from tickets.ticket_page import Card


@require_safe
@login_required
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Who, saw, said, evidence, limits, route, integrity; what failed comes first."""
    found = get_receipt_for(request.user, pk)
    intact = found.body_sha256 == receipts.sha256(receipts.body(found))
    shown = {
        "receipt": found,
        "card": Card(step=found.step, receipt=found),
        "intact": intact,
        "base": found.ticket.get_absolute_url(),
    }
    return render(request, "tickets/receipt.html", shown)


@require_safe
@login_required
def receipt_json(request: HttpRequest, pk: int) -> JsonResponse:
    """The receipt as its digest covers it, with that digest."""
    found = get_receipt_for(request.user, pk)
    content = {"id": found.pk, **receipts.body(found), "body_sha256": found.body_sha256}
    return JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
