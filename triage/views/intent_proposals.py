"""Intents that may be missing, and the end of an alarm: an admin decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from tickets.access import ADMINS, require_role
from tickets.models import Receipt, Ticket
from triage.learning import drift
from triage.learning import intent_discovery as proposed
from triage.models import Alarm, IntentProposal, Job
from triage.pipeline import jobs
from triage.views.forms import ProposalForm

MAX_NEAREST_TICKETS = 5
MAX_DECIDED_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class ProposalView:
    """A proposal with its tickets' words, the nearest to its centre first.

    ``guess`` is the label the machine suggested most often, and for how many tickets.
    """

    proposal: IntentProposal
    nearest: list[tuple[Ticket, str]]
    others: list[tuple[Ticket, str]]
    guess: tuple[str, int] | None
    form: ProposalForm
    unticked: frozenset[int] = frozenset()
    trouble: str = ""

    @property
    def size(self) -> int:
        return len(self.nearest) + len(self.others)


@require_safe
@login_required
def list_proposals(request: HttpRequest) -> HttpResponse:
    """The groups that wait for a decision, and those decided on."""
    require_role(request.user, ADMINS)
    return _render_proposals(request)


@require_POST
@login_required
def request_proposals(request: HttpRequest) -> HttpResponse:
    """Ask a worker to look for groups."""
    person = require_role(request.user, ADMINS)
    jobs.request_job("propose", by=person)
    messages.info(request, "A worker looks through the tickets now. Come back in a minute.")
    return redirect("triage:proposals")


@require_POST
@login_required
def take_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the group an intent, or examples of one there is."""
    person = require_role(request.user, ADMINS)
    found = get_object_or_404(IntentProposal, pk=pk)
    form = _build_form(found, request.POST)
    if not form.is_valid():
        return _render_proposals(request, found, "Leave at least one ticket ticked.")
    given = form.cleaned_data
    try:
        intent = proposed.accept_proposal(
            found, name=given["name"], into=given["into"], tickets=given["ticket"], by=person
        )
    except proposed.ProposalNotTaken as why:
        return _render_proposals(request, found, str(why))
    messages.success(
        request,
        f"{len(given['ticket'])} tickets are examples of {intent.name} from the next training on.",
    )
    return redirect("triage:proposals")


@require_POST
@login_required
def refuse_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """The group is no intent."""
    person = require_role(request.user, ADMINS)
    found = get_object_or_404(IntentProposal, pk=pk)
    try:
        proposed.refuse_proposal(found, by=person)
    except proposed.ProposalNotTaken as why:
        return _render_proposals(request, found, str(why))
    messages.success(request, "Refused. Mostly the same tickets are not proposed again.")
    return redirect("triage:proposals")


@require_POST
@login_required
def end_alarm(request: HttpRequest, pk: int) -> HttpResponse:
    """The alarm is over; labels are given again, and what comes is watched anew."""
    person = require_role(request.user, ADMINS)
    drift.end_alarm(get_object_or_404(Alarm, pk=pk), by=person)
    messages.success(request, "The alarm is ended. What people check from now on is watched anew.")
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back) if safe else redirect("triage:learning")


def _render_proposals(
    request: HttpRequest, refused: IntentProposal | None = None, trouble: str = ""
) -> HttpResponse:
    """The page; where a decision was ``refused``, with what was typed and why not."""
    waiting = IntentProposal.objects.filter(state="open").order_by("pk")
    open_now = [
        _build_proposal_view(row, request, trouble if row == refused else "") for row in waiting
    ]
    if refused and refused not in waiting:
        messages.warning(request, trouble)
    decided = IntentProposal.objects.exclude(state="open").select_related("intent", "decided_by")
    shown = {
        "waiting": sorted(open_now, key=lambda one: -one.size),
        "decided": decided.order_by("-decided_at")[:MAX_DECIDED_ROWS],
        "job": Job.objects.filter(kind="propose").first(),
        "unlabelled": proposed.find_unlabelled_tickets().count(),
    }
    return render(request, "triage/proposals.html", shown, status=422 if refused else 200)


def _build_proposal_view(
    proposal: IntentProposal, request: HttpRequest, trouble: str
) -> ProposalView:
    link = IntentProposal.tickets.through
    linked = link.objects.filter(intentproposal=proposal).select_related("ticket").order_by("pk")
    tickets = [one.ticket for one in linked]
    texts = proposed.load_ticket_texts([ticket.pk for ticket in tickets])
    rows = [(one, texts[one.pk].removeprefix(one.subject).strip()) for one in tickets]
    kept = {int(pk) for pk in request.POST.getlist("ticket") if pk.isdecimal()}
    return ProposalView(
        proposal=proposal,
        nearest=rows[:MAX_NEAREST_TICKETS],
        others=rows[MAX_NEAREST_TICKETS:],
        guess=_find_common_suggestion(tickets),
        form=_build_form(proposal, request.POST if trouble else None),
        unticked=frozenset(texts.keys() - kept) if trouble else frozenset(),
        trouble=trouble,
    )


def _build_form(proposal: IntentProposal, data: Any) -> ProposalForm:
    tickets = proposal.tickets.values_list("pk", flat=True)
    return ProposalForm(data, tickets=tickets, auto_id=f"p{proposal.pk}_%s")


def _find_common_suggestion(tickets: list[Ticket]) -> tuple[str, int] | None:
    """The label that the machine suggested most often for these tickets, and how often; None
    where it suggested none.
    """
    said = Receipt.objects.filter(ticket__in=tickets, step="classify").order_by("ticket_id", "-seq")
    outputs = said.distinct("ticket_id").values_list("output", flat=True)
    counted = Counter(name for output in outputs if (name := output.get("suggestion_name")))
    return next(iter(counted.most_common(1)), None)
