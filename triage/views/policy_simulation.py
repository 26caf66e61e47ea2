"""What a new wording would change, before anybody is told it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from tickets.access import ADMINS, require_role
from tickets.models import Ticket
from tickets.views.inbox import is_fragment
from triage.models import Job, PolicyVersion
from triage.pipeline import jobs
from triage.policy_review.simulation import JOB_KIND, render_markdown
from triage.views.forms import WhatIfForm

MAX_EARLIER_JOBS = 10
MAX_UNFOLDED_ROWS = 25
"""A longer list of what is no longer cited is folded."""
CHANGE_KINDS = (
    ("newly", "Would newly be cited"),
    ("no_longer", "Would no longer be cited"),
    ("other_rank", "Would be cited at another rank"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def request_simulation(request: HttpRequest) -> HttpResponse:
    """Write a new version or choose one that has not begun; a worker finds out."""
    person = require_role(request.user, ADMINS)
    form = WhatIfForm(
        request.POST or None, initial={"markdown": _load_initial_wording(request.GET.get("of", ""))}
    )
    if request.method == "POST" and form.is_valid():
        job = jobs.request_job(JOB_KIND, by=person, **form.get_job_arguments())
        return redirect("triage:what_if_answer", job.pk)
    shown = {
        "form": form,
        "earlier": Job.objects.filter(kind=JOB_KIND).select_related("requested_by")[
            :MAX_EARLIER_JOBS
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "triage/what_if.html", shown, status=status)


def _load_initial_wording(number: str) -> str:
    """The wording to begin with: that of the version asked for, or none."""
    if not number.isdecimal() or len(number) > 9:
        return ""
    version = PolicyVersion.objects.select_related("policy").filter(pk=int(number)).first()
    return render_markdown(version) if version else ""


@require_safe
@login_required
def show_simulation(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer, or that it is still being found; htmx gets 204 while nothing changed."""
    require_role(request.user, ADMINS)
    job = get_object_or_404(Job.objects.select_related("requested_by"), pk=pk, kind=JOB_KIND)
    fragment = is_fragment(request)
    if fragment and request.GET.get("state") == job.state:
        response = HttpResponse(status=204)
    else:
        template = "triage/_what_if.html" if fragment else "triage/what_if_answer.html"
        response = render(request, template, _build_context(job))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _build_context(job: Job) -> dict[str, Any]:
    result = job.result
    groups = [
        {
            "title": title,
            "count": result["counts"][kind],
            "rows": _add_tickets(result[kind]),
            "open": kind == "newly"
            or (kind == "no_longer" and result["counts"][kind] <= MAX_UNFOLDED_ROWS),
        }
        for kind, title in CHANGE_KINDS
        if result and result["counts"][kind]
    ]
    return {
        "job": job,
        "open": job.state in jobs.OPEN_STATES,
        "groups": groups,
        "today": timezone.localdate(),
    }


def _add_tickets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their tickets."""
    tickets = Ticket.objects.in_bulk([row["ticket"] for row in rows])
    return [{**row, "ticket": tickets[row["ticket"]]} for row in rows if row["ticket"] in tickets]
