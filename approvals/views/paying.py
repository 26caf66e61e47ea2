"""The payment of an approved refund, as people see to it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from approvals import denials, payments, services
from approvals.errors import NotPending, Refused
from approvals.forms import PaidForm, SettleForm
from approvals.models import Execution, Refund
from approvals.views.refund import get_refund_for, page
from tickets.access import SUPERVISORS


@require_POST
@login_required
def paid(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that an approved refund was paid."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = PaidForm(request.POST)
    if not form.is_valid():
        return page(request, found, person, paid_form=form, status=422)
    try:
        with denials.kept(found, person, "pay"):
            services.record_paid(pk, by=person, reference=form.cleaned_data["reference"])
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        return page(request, fresh, person, paid_form=form, refused=refused)
    messages.success(request, "Recorded as paid.")
    return HttpResponseRedirect(found.get_absolute_url())


@require_POST
@login_required
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a payment in doubt went, or give up one that was not asked for yet."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return page(request, found, person, settle_form=form, status=422)
    try:
        with denials.kept(found, person, "settle"):
            payments.settle(_payment_of(found).pk, by=person, **form.cleaned_data)
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        return page(request, fresh, person, settle_form=form, refused=refused)
    messages.success(request, "Settled. It stays in the record with what you said.")
    return HttpResponseRedirect(found.get_absolute_url())


def _payment_of(refund: Refund) -> Execution:
    found = Execution.objects.filter(refund=refund).first()
    if found is None:
        raise NotPending("No payment was ordered for this refund, so there is nothing to settle.")
    return found
