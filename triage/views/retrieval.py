"""How clauses are found: by the encoder as it came, or tuned on the citations people accepted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from tickets.access import ADMINS, require_role
from triage.learning import retrieval_tuning
from triage.models import EncoderChange, Job, TunedEncoder
from triage.pipeline import jobs

MAX_ROWS = 20


@require_safe
@login_required
def show_tuning(request: HttpRequest) -> HttpResponse:
    """The accepted citations, the last tuning, and the tuned encoders there are."""
    require_role(request.user, ADMINS)
    return render(request, "triage/learning/tuning.html", _build_context())


@require_POST
@login_required
def request_tuning(request: HttpRequest) -> HttpResponse:
    """Ask a worker for a tuned encoder."""
    person = require_role(request.user, ADMINS)
    jobs.request_job("tune", by=person)
    messages.info(request, "Tuning has been asked for. It takes some minutes; look in again.")
    return redirect("triage:tuning")


@require_POST
@login_required
def use_encoder(request: HttpRequest, pk: int) -> HttpResponse:
    """Find clauses with a tuned encoder from the next ticket on."""
    person = require_role(request.user, ADMINS)
    encoder = get_object_or_404(TunedEncoder.objects.defer("weights"), pk=pk)
    try:
        retrieval_tuning.activate_encoder(encoder, by=person)
    except retrieval_tuning.NotTuned as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"Tuned encoder {pk} finds clauses from now on.")
    return redirect("triage:tuning")


@require_POST
@login_required
def use_plain_encoder(request: HttpRequest) -> HttpResponse:
    """Find clauses as before any tuning."""
    retrieval_tuning.restore_plain_encoder(by=require_role(request.user, ADMINS))
    messages.success(request, "Clauses are found by the plain encoder again.")
    return redirect("triage:tuning")


def _build_context() -> dict[str, Any]:
    known = retrieval_tuning.list_accepted_citations()
    encoders = TunedEncoder.objects.defer("weights").select_related("created_by", "activated_by")
    return {
        "citations": len(known),
        "clauses": len({one.clause.ref for one in known}),
        "needed": retrieval_tuning.MIN_CLAUSES,
        "job": Job.objects.filter(kind="tune").select_related("requested_by").first(),
        "encoders": encoders[:MAX_ROWS],
        "changes": EncoderChange.objects.select_related("by").defer("encoder__weights")[:MAX_ROWS],
        "at_work": encoders.filter(active=True).first(),
    }
