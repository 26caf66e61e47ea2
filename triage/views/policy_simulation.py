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
from triage.policy_review.simulation import KIND, written
from triage.views.forms import WhatIfForm

LISTED = 10
OPENED = 25
"""A longer list of what is no longer cited is folded."""
KINDS = (
    ("newly", "Would newly be cited"),
    ("no_longer", "Would no longer be cited"),
    ("other_rank", "Would be cited at another rank"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Write a new version or choose one that has not begun; a worker finds out."""
    person = require_role(request.user, ADMINS)
    form = WhatIfForm(request.POST or None, initial={"markdown": _begun(request.GET.get("of", ""))})
    if request.method == "POST" and form.is_valid():
        job = jobs.request(KIND, by=person, **form.wanted())
        return redirect("triage:what_if_answer", job.pk)
    shown = {
        "form": form,
        "earlier": Job.objects.filter(kind=KIND).select_related("requested_by")[:LISTED],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "triage/what_if.html", shown, status=status)


def _begun(number: str) -> str:
    """The wording to begin with: that of the version asked for, or none."""
    if not number.isdecimal() or len(number) > 9:
        return ""
    version = PolicyVersion.objects.select_related("policy").filter(pk=int(number)).first()
    return written(version) if version else ""


@require_safe
@login_required
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer, or that it is still being found; htmx gets 204 while nothing changed."""
    require_role(request.user, ADMINS)
    job = get_object_or_404(Job.objects.select_related("requested_by"), pk=pk, kind=KIND)
    fragment = is_fragment(request)
    if fragment and request.GET.get("state") == job.state:
        response = HttpResponse(status=204)
    else:
        template = "triage/_what_if.html" if fragment else "triage/what_if_answer.html"
        response = render(request, template, _shown(job))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _shown(job: Job) -> dict[str, Any]:
    result = job.result
    groups = [
        {
            "title": title,
            "count": result["counts"][kind],
            "rows": _named(result[kind]),
            "open": kind == "newly" or (kind == "no_longer" and result["counts"][kind] <= OPENED),
        }
        for kind, title in KINDS
        if result and result["counts"][kind]
    ]
    return {
        "job": job,
        "open": job.state in jobs.OPEN,
        "groups": groups,
        "today": timezone.localdate(),
    }


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their tickets."""
    tickets = Ticket.objects.in_bulk([row["ticket"] for row in rows])
    return [{**row, "ticket": tickets[row["ticket"]]} for row in rows if row["ticket"] in tickets]
