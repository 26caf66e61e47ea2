"""One receipt: everything in it to read, and the same as JSON."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets.access import get_receipt_for
from tickets.audit import receipts
from tickets.ticket_page import ReceiptCard


@require_safe
@login_required
def show_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt in full: actor, inputs, output, evidence, limits, route, integrity.

    What failed comes first.
    """
    found = get_receipt_for(request.user, pk)
    intact = found.body_sha256 == receipts.compute_sha256(receipts.build_body(found))
    shown = {
        "receipt": found,
        "card": ReceiptCard(step=found.step, receipt=found),
        "intact": intact,
        "base": found.ticket.get_absolute_url(),
    }
    return render(request, "tickets/receipt.html", shown)


@require_safe
@login_required
def show_receipt_json(request: HttpRequest, pk: int) -> JsonResponse:
    """The receipt as its digest covers it, with that digest."""
    found = get_receipt_for(request.user, pk)
    content = {"id": found.pk, **receipts.build_body(found), "body_sha256": found.body_sha256}
    return JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
