"""Refunds before people: the queue, the evidence, the decision, and asking by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import evidence, services, who
from approvals.errors import Refused
from approvals.forms import DecisionForm, PaidForm, RequestForm
from approvals.models import Refund
from tickets.access import STAFF, SUPERVISORS, get_ticket_for, require_role

SAID = {
    Refund.State.APPROVED: "Approved",
    Refund.State.PENDING: "One approval is in, one more is needed",
    Refund.State.VOID: "Not approved: the two of you saw different things",
    Refund.State.REJECTED: "Rejected",
    Refund.State.RETURNED: "Sent back with a question",
}


@require_safe
@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for me, what waits for others, what is to be paid, what was decided."""
    person = require_role(request.user, SUPERVISORS)
    return render(request, "approvals/queue.html", evidence.queue(person))


@require_safe
@login_required
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything a decision rests on, then the decision, where this person may take it."""
    person = require_role(request.user, *STAFF)
    return _page(request, get_refund(pk), person, form=DecisionForm())


@require_POST
@login_required
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject or ask for more; then the next one that waits."""
    person = require_role(request.user, SUPERVISORS)
    found, form = get_refund(pk), DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, person, form=form, status=422)
    verdict, reason, seen = (form.cleaned_data[name] for name in ("verdict", "reason", "seen"))
    try:
        found = services.decide(pk, by=person, verdict=verdict, reason=reason, seen=seen)
    except Refused as refused:
        return _page(request, get_refund(pk), person, form=form, refused=refused)
    messages.success(request, f"{SAID[Refund.State(found.state)]}: {found}.")
    return _next(person)


@require_POST
@login_required
def paid(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that an approved refund was paid."""
    person = require_role(request.user, SUPERVISORS)
    found, form = get_refund(pk), PaidForm(request.POST)
    if not form.is_valid():
        return _page(request, found, person, paid_form=form, status=422)
    try:
        services.record_paid(pk, by=person, reference=form.cleaned_data["reference"])
    except Refused as refused:
        return _page(request, get_refund(pk), person, paid_form=form, refused=refused)
    messages.success(request, "Recorded as paid.")
    return HttpResponseRedirect(found.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest, ticket_pk: int) -> HttpResponse:
    """An agent asks for a refund; somebody else will decide on it."""
    ticket = get_ticket_for(request.user, ticket_pk)
    person = require_role(request.user, *STAFF)
    form = RequestForm(request.POST or None, ticket=ticket)
    status, refused = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            proposal = evidence.proposal(form.cleaned_data, person)
            try:
                services.propose(ticket, proposal, run=ticket.current_run(), by=person)
            except Refused as error:
                status, refused = error.status, error
            else:
                messages.success(request, f"Asked for: {proposal.amount} on {proposal.order}.")
                return HttpResponseRedirect(ticket.get_absolute_url())
    shown = {"ticket": ticket, "form": form, "refused": refused, **evidence.account(ticket)}
    return render(request, "approvals/request.html", shown, status=status)


def get_refund(pk: int) -> Refund:
    """The refund with what its page shows. Raises Http404."""
    shown = Refund.objects.select_related("order", "ticket__customer", "run", "requested_by")
    return get_object_or_404(shown, pk=pk)


def _page(
    request: HttpRequest,
    refund: Refund,
    person: User,
    *,
    form: DecisionForm | None = None,
    paid_form: PaidForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The evidence with whichever form belongs to the refund's state.

    The fingerprint is of what this page shows; typed words are kept.
    """
    shown: dict[str, Any] = {
        "refund": refund,
        "form": form or DecisionForm(),
        "paid_form": paid_form or PaidForm(),
        "refused": refused,
        "why_not": evidence.why_not(refund, person),
        "may_pay": evidence.may_pay(refund, person),
        **evidence.of(refund),
    }
    return render(
        request, "approvals/refund.html", shown, status=refused.status if refused else status
    )


def _next(person: User) -> HttpResponse:
    following = who.waiting_for(person).first()
    if following is None:
        return redirect("approvals:queue")
    return HttpResponseRedirect(following.get_absolute_url())
