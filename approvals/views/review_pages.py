"""The pages of the review: page views, the first opinion, seeded checks and metrics."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access_denials, account_hands, review_queue
from approvals.errors import Refused
from approvals.models import Care, Decision, Refund
from approvals.review import first_opinion as review_first_opinion
from approvals.review import injected_faults as known
from approvals.review import page_views, reviewer_metrics, seeded_checks
from approvals.review.forms import FirstOpinionForm, LookForm, PlantForm
from approvals.views import blinding
from tickets.access import ADMINS, SUPERVISORS, require_role
from tickets.statistics import Share

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last year"}


@require_POST
@login_required
def record_page_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what the browser tells of a page while it is read."""
    person = require_role(request.user, SUPERVISORS)
    form = LookForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    page_views.update_page_view(
        pk, person, form.cleaned_data["visible_ms"], form.cleaned_data["opened"]
    )
    return HttpResponse(status=204)


@require_POST
@login_required
def submit_first_opinion(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what they would do; from then on the page shows what is recommended."""
    person = require_role(request.user, SUPERVISORS)
    shown = Refund.objects.select_related("order", "ticket__customer", "run")
    refund = get_object_or_404(shown, pk=pk)
    form = FirstOpinionForm(request.POST, currency=refund.currency)
    if not form.is_valid():
        return render_first_page(request, refund, person, form=form, status=422)
    said = form.cleaned_data
    try:
        with access_denials.record_denials(refund, person, "first opinion"):
            review_first_opinion.save_first_opinion(
                pk,
                by=person,
                look=said["look"],
                verdict=said["first_verdict"],
                amount=said["first_amount"],
                reason=said["first_reason"],
            )
    except Refused as refused:
        messages.error(request, str(refused))
        return render_first_page(request, refund, person, form=form, status=refused.status)
    return HttpResponseRedirect(_build_refund_url(request, refund))


def render_first_page(
    request: HttpRequest,
    refund: Refund,
    person: User,
    *,
    form: FirstOpinionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The evidence without the recommendation, and the form of the first opinion.

    Only where ``is_opinion_due``: anybody else is sent to the whole page.
    """
    if not review_first_opinion.is_opinion_due(refund, person):
        return HttpResponseRedirect(_build_refund_url(request, refund))
    shown = {
        "refund": refund,
        "kept": request.GET.urlencode(),
        "form": form or FirstOpinionForm(currency=refund.currency),
        "look": page_views.start_page_view(refund, person),
        **blinding.build_blind_context(refund),
    }
    return render(request, "approvals/first.html", shown, status=status)


@require_safe
@login_required
def show_reviewer_metrics(request: HttpRequest) -> HttpResponse:
    """Metrics of everybody who decides for admins, of themselves for supervisors."""
    person = require_role(request.user, ADMINS, SUPERVISORS)
    everybody = person.groups.filter(name=ADMINS).exists()
    days = request.GET.get("days", "90")
    days = days if days in PERIODS else "90"
    shown = {
        "days": days,
        "periods": PERIODS,
        "everybody": everybody,
        "rows": reviewer_metrics.build_reviewer_rows(int(days), None if everybody else person),
        "accounts_wait": account_hands.list_unconfirmed_people(),
        "cares": Care.objects.order_by("currency") if everybody else (),
    }
    return render(request, "approvals/how_we_decide.html", shown)


@require_POST
@login_required
def plant_check(request: HttpRequest) -> HttpResponse:
    """An admin puts one made-up request among the others now."""
    person = require_role(request.user, ADMINS)
    form = PlantForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Please choose a currency for which care is set.")
        return redirect("approvals:how_we_decide")
    try:
        seeded_checks.plant_check(form.cleaned_data["currency"].currency, by=person)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "A made-up request is in the queue now. No money can move by it.")
    return redirect("approvals:how_we_decide")


@require_safe
@login_required
def show_revealed_check(request: HttpRequest, pk: int) -> HttpResponse:
    """What was wrong with a made-up request, for the person who decided on it."""
    person = require_role(request.user, SUPERVISORS)
    theirs = seeded_checks.list_decided_checks(person).select_related("refund__sealed_check")
    decision = get_object_or_404(theirs, refund=pk)
    check = decision.refund.sealed_check
    verdicts = list(seeded_checks.list_decided_checks(person).values_list("verdict", flat=True))
    shown = {
        "decision": decision,
        "check": check,
        "fault": known.FAULTS[check.fault],
        "right": Decision.Verdict(check.right_verdict).label.lower(),
        "found": seeded_checks.is_fault_noticed(decision.verdict),
        "score": Share(sum(map(seeded_checks.is_fault_noticed, verdicts)), len(verdicts)),
        "next": review_queue.filter_queue(
            review_queue.list_waiting_ids(person), request.GET, request
        ).qs.first(),
        "kept": request.GET.urlencode(),
    }
    return render(request, "approvals/revealed.html", shown)


def build_revealed_url(request: HttpRequest, refund: Refund) -> str:
    """The address of the page that reveals the check, with the filters that came along."""
    kept = request.GET.urlencode()
    address = reverse("approvals:revealed", args=[refund.pk])
    return f"{address}?{kept}" if kept else address


def _build_refund_url(request: HttpRequest, refund: Refund) -> str:
    """The address of the whole page, with the filters of the queue that came along."""
    kept = request.GET.urlencode()
    return f"{refund.get_absolute_url()}?{kept}" if kept else refund.get_absolute_url()
