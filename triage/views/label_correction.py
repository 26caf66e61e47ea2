"""The right label of a ticket, by a person."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from tickets.access import STAFF, get_ticket_for, require_role
from tickets.delivery import replies
from tickets.views.actions import render_conflict, save_typed_text
from tickets.views.inbox import is_fragment
from triage.learning.corrections import correct_label as give_label
from triage.learning.corrections import find_suggestion
from triage.views.forms import LabelForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose_label(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the right label, as a page of its own or as a fold of the ticket page."""
    ticket = get_ticket_for(request.user, pk)
    person = require_role(request.user, *STAFF)
    form = LabelForm(
        request.POST or None,
        of_form="reply" if is_fragment(request) else "",
        suggested=find_suggestion(ticket),
    )
    if request.method == "POST":
        try:
            save_typed_text(request, ticket, person)
        except replies.Conflict as conflict:
            return render_conflict(request, ticket, conflict)
        if form.is_valid():
            intent, why = form.cleaned_data["intent"], form.cleaned_data["why"].strip()
            give_label(ticket, intent, why=why, by=person)
            said = f"Now labelled {intent.name}" if intent else "Noted as none of ours"
            messages.success(request, f"{said}. The steps run again.")
            return HttpResponseRedirect(ticket.get_absolute_url())
    template = "triage/_relabel.html" if is_fragment(request) else "triage/relabel.html"
    status = 422 if request.method == "POST" else 200
    response = render(request, template, {"ticket": ticket, "form": form}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
