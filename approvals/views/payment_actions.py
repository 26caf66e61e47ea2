"""The payment of an approved refund, as people see to it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from approvals import access_denials, payments, services
from approvals.errors import NotPending, Refused
from approvals.forms import PaidForm, SettleForm, TakeBackForm
from approvals.models import Execution, Refund
from approvals.views.refund_detail import get_refund_for, render_refund_page
from tickets.access import SUPERVISORS


@require_POST
@login_required
def record_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a refund was paid, also one that is no longer as it was approved."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = PaidForm(request.POST)
    if not form.is_valid():
        return render_refund_page(request, found, person, paid_form=form, status=422)
    reference = form.cleaned_data["reference"]
    try:
        with access_denials.record_denials(found, person, "pay", reference=reference):
            changed = services.record_manual_payment(pk, by=person, reference=reference)
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        return render_refund_page(request, fresh, person, paid_form=form, refused=refused)
    if changed:
        messages.warning(request, _format_stale_payment_warning(reference, changed))
    else:
        messages.success(request, "Recorded as paid.")
    return HttpResponseRedirect(found.get_absolute_url())


def _format_stale_payment_warning(reference: str, changed: tuple[str, ...]) -> str:
    return (
        f"The payment {reference} is recorded, but it was no longer as approved:"
        f" {' '.join(changed)} Nobody should pay it again. The ticket says that somebody has to"
        " check it."
    )


@require_POST
@login_required
def take_back_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an approval back before it is paid."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = TakeBackForm(request.POST)
    if not form.is_valid():
        return render_refund_page(request, found, person, take_back_form=form, status=422)
    try:
        with access_denials.record_denials(found, person, "take back"):
            services.take_back_approval(pk, by=person, why=form.cleaned_data["why"])
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        return render_refund_page(request, fresh, person, take_back_form=form, refused=refused)
    messages.success(request, "Taken back. It can be asked for again on the ticket.")
    return HttpResponseRedirect(found.get_absolute_url())


@require_POST
@login_required
def settle_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a payment in doubt went, or give up one that was not asked for yet."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return render_refund_page(request, found, person, settle_form=form, status=422)
    try:
        with access_denials.record_denials(found, person, "settle"):
            payments.settle_payment(_get_execution(found).pk, by=person, **form.cleaned_data)
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        return render_refund_page(request, fresh, person, settle_form=form, refused=refused)
    messages.success(request, "Settled. It stays in the record with what you said.")
    return HttpResponseRedirect(found.get_absolute_url())


def _get_execution(refund: Refund) -> Execution:
    found = Execution.objects.filter(refund=refund).first()
    if found is None:
        raise NotPending("No payment was ordered for this refund, so there is nothing to settle.")
    return found
