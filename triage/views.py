"""The machine's pages: policies as they are in force, the right label, and whether all is well."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from tickets import replies
from tickets.access import STAFF, get_ticket_for, require_role
from tickets.views.actions import conflicting, keep_typed
from tickets.views.inbox import is_fragment
from triage.forms import LabelForm
from triage.models import Clause, Policy, PolicyVersion
from triage.relabelling import relabel as give_label


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


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def relabel(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the right label, as a page of its own or as a fold of the ticket page."""
    ticket = get_ticket_for(request.user, pk)
    person = require_role(request.user, *STAFF)
    form = LabelForm(request.POST or None, of_form="reply" if is_fragment(request) else "")
    if request.method == "POST":
        try:
            keep_typed(request, ticket, person)
        except replies.Conflict as conflict:
            return conflicting(request, ticket, conflict)
        if form.is_valid():
            intent, why = form.cleaned_data["intent"], form.cleaned_data["why"].strip()
            give_label(ticket, intent, why=why, by=person)
            messages.success(request, f"Now labelled {intent.name}. The five steps run again.")
            return HttpResponseRedirect(ticket.get_absolute_url())
    template = "triage/_relabel.html" if is_fragment(request) else "triage/relabel.html"
    status = 422 if request.method == "POST" else 200
    response = render(request, template, {"ticket": ticket, "form": form}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process reaches its database. Public, and says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False}, status=503)
    return JsonResponse({"ok": True})
