"""Handing a request to a colleague, and switching mails about refunds on or off."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from approvals import access_denials, services
from approvals.errors import Refused
from approvals.forms import HandOverForm
from approvals.models import Reader
from approvals.views.refund_detail import get_refund_for, render_refund_page
from tickets.access import STAFF, SUPERVISORS, require_role
from tickets.views.preferences import get_return_url


@require_POST
@login_required
def hand_over_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a request to a colleague who may decide, or back to everybody."""
    refund, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = HandOverForm(request.POST, refund=refund)
    if not form.is_valid():
        return render_refund_page(request, refund, person, hand_over_form=form, status=422)
    to, why = form.cleaned_data["to"], form.cleaned_data["why"]
    try:
        with access_denials.record_denials(refund, person, "assign"):
            services.reassign_refund(pk, by=person, to=to, why=why)
    except Refused as refused:
        return render_refund_page(request, refund, person, hand_over_form=form, refused=refused)
    messages.success(request, f"Handed to {to}." if to else "Handed back to everybody.")
    return HttpResponseRedirect(refund.get_absolute_url())


@require_POST
@login_required
def set_mail_preference(request: HttpRequest) -> HttpResponse:
    """Switch mails about refunds on or off for this person; then back to where they were."""
    person = require_role(request.user, *STAFF)
    wanted = request.POST.get("mails")
    if wanted in ("on", "off"):
        Reader.objects.update_or_create(person=person, defaults={"by_mail": wanted == "on"})
    return HttpResponseRedirect(get_return_url(request))
