"""Agents ask for a refund by hand, and answer what they were asked."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from approvals import access_denials, services
from approvals.errors import Refused
from approvals.forms import AnswerForm, RequestForm
from approvals.services.answer_question import find_question
from approvals.views import refund_evidence
from approvals.views.refund_detail import get_refund_for
from tickets.access import STAFF, get_ticket_for, require_role


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def request_refund(request: HttpRequest, ticket_pk: int) -> HttpResponse:
    """An agent asks for a refund; somebody else will decide on it."""
    ticket = get_ticket_for(request.user, ticket_pk)
    person = require_role(request.user, *STAFF)
    form = RequestForm(request.POST or None, ticket=ticket)
    status, refused = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            proposal = refund_evidence.build_proposal(form.cleaned_data, person)
            try:
                services.propose_refund(ticket, proposal, run=ticket.get_current_run(), by=person)
            except Refused as error:
                status, refused = error.status, error
            else:
                messages.success(request, f"Asked for: {proposal.amount} on {proposal.order}.")
                return HttpResponseRedirect(ticket.get_absolute_url())
    shown = {
        "ticket": ticket,
        "form": form,
        "refused": refused,
        **refund_evidence.build_customer_context(ticket),
    }
    return render(request, "approvals/request.html", shown, status=status)


@require_POST
@login_required
def answer_question(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent's answer to a question; the same request is put before people once more."""
    refund, person = get_refund_for(request.user, pk, *STAFF)
    form, refused, status = AnswerForm(request.POST), None, 422
    if form.is_valid():
        try:
            with access_denials.record_denials(refund, person, "request"):
                services.resubmit_with_answer(pk, by=person, answer=form.cleaned_data["answer"])
        except Refused as error:
            refused, status = error, error.status
        else:
            messages.success(request, "Asked again, with your answer.")
            return HttpResponseRedirect(refund.ticket.get_absolute_url())
    question = find_question(refund)
    shown = {"refund": refund, "form": form, "refused": refused, "question": question}
    return render(request, "approvals/answer.html", shown, status=status)
