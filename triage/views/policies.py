"""Policies as they are in force."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets.access import STAFF, require_role
from triage.models import Clause, Policy, PolicyVersion


@require_safe
@login_required
def policies(request: HttpRequest) -> HttpResponse:
    """Every policy: the version in force today, and the others below it."""
    require_role(request.user, *STAFF)
    clauses = Prefetch("clauses", Clause.objects.defer("embedding").order_by("position"))
    versions = PolicyVersion.objects.order_by("-number").prefetch_related(clauses)
    listed = Policy.objects.prefetch_related(Prefetch("versions", versions))
    shown = {"policies": listed, "today": timezone.localdate()}
    return render(request, "triage/policies.html", shown)


@require_safe
@login_required
def clause(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    """One clause of one version, the days it held, and its other wordings."""
    require_role(request.user, *STAFF)
    wordings = Clause.objects.filter(ref=ref).select_related("version__policy").defer("embedding")
    all_wordings = list(wordings.order_by("-version__number"))
    found = next((c for c in all_wordings if c.version.number == version), None)
    if found is None:
        raise Http404("There is no such clause in that version.")
    others = [c for c in all_wordings if c is not found]
    shown = {"clause": found, "others": others, "today": timezone.localdate()}
    return render(request, "triage/clause.html", shown)
