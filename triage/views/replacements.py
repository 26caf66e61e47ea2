"""An agent asks for a replacement: the same things sent once more, decided like a refund."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from approvals.errors import Refused
from tickets.access import STAFF, get_ticket_for, require_role
from triage.pipeline.replacement_requests import list_replaceable_lines, request_replacement
from triage.views.forms import ReplacementForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask_for_replacement(request: HttpRequest, pk: int) -> HttpResponse:
    """How many of each thing are to be sent once more; somebody else decides on it."""
    ticket = get_ticket_for(request.user, pk)
    person = require_role(request.user, *STAFF)
    form = ReplacementForm(request.POST or None, found=list_replaceable_lines(ticket))
    refused = None
    if request.method == "POST" and form.is_valid():
        order, pieces, why = (form.cleaned_data[name] for name in ("order", "pieces", "why"))
        try:
            request_replacement(ticket, order, pieces, why=why, by=person)
        except Refused as error:
            refused = error
        else:
            messages.success(request, f"Asked for: a replacement on {order.number}.")
            return HttpResponseRedirect(ticket.get_absolute_url())
    status = refused.status if refused else 422 if request.method == "POST" else 200
    shown = {"ticket": ticket, "form": form, "refused": refused}
    return render(request, "triage/replacement.html", shown, status=status)
