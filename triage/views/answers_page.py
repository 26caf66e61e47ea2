"""What customers ask and nobody's text answers, and how ready drafts are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from tickets.access import ADMINS, require_role
from triage.contract.answers import shorten_words
from triage.learning import readiness_promise
from triage.learning.answer_report import GapGroup, find_gap_groups, measure_readiness
from triage.models import Job
from triage.pipeline import jobs, registry
from triage.views.forms import ReasonForm

DAYS = 90
MAX_SLUG_CHARS = 60
MAX_WORDING_CHARS = 700  # with the questions: an address has room for some 4,000


@require_safe
@login_required
def show_answers(request: HttpRequest) -> HttpResponse:
    """Open questions in groups, each near to a saved reply, and the share sent as it is."""
    require_role(request.user, ADMINS)
    since = timezone.now() - timedelta(days=DAYS)
    overall, *labels = measure_readiness(since)
    groups = [{"group": group, "write": _build_link(group)} for group in find_gap_groups(since)]
    shown = {"days": DAYS, "overall": overall, "labels": labels, "groups": groups}
    return render(request, "triage/answers.html", {**shown, **_build_promise()})


def _build_promise() -> dict[str, Any]:
    """What was last measured of ready drafts, and whether it asks for more than is in force."""
    job = Job.objects.filter(kind="readiness", state=Job.State.DONE).first()
    limits = registry.load_limits()["answer"]
    wanted = job.result["threshold"] if job else None
    return {
        "measured": job,
        "least": limits["reply"],
        "target": limits["ready"],
        "stricter": wanted if wanted and wanted > limits["reply"] else None,
    }


@require_POST
@login_required
def request_measure(request: HttpRequest) -> HttpResponse:
    """Ask a worker how the drafts that were sent fared."""
    person = require_role(request.user, ADMINS)
    jobs.request_job("readiness", by=person)
    messages.info(request, "A worker compares drafts with what was sent. Come back in a minute.")
    return redirect("triage:answers")


@require_POST
@login_required
def apply_threshold(request: HttpRequest) -> HttpResponse:
    """Ask of answers the chance from which the promise holds."""
    person, form = require_role(request.user, ADMINS), ReasonForm(request.POST)
    job = Job.objects.filter(kind="readiness", state=Job.State.DONE).first()
    if job is None or not form.is_valid():
        messages.error(request, "Say why: colleagues will read it.")
        return redirect("triage:answers")
    try:
        used = readiness_promise.apply_threshold(job, by=person, why=form.cleaned_data["why"])
    except readiness_promise.NoEvidence as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"Drafts are ready from a chance of {used:.2f} on.")
    return redirect("triage:answers")


def _build_link(group: GapGroup) -> str:
    """The form of a new saved reply, with these questions and what people answered in it."""
    title = group.examples[0].words[:MAX_SLUG_CHARS]
    filled = {
        "title": title,
        "slug": slugify(title)[:MAX_SLUG_CHARS],
        "questions": "\n".join(shorten_words(gap.words) for gap in group.examples),
        "wording": "".join(group.replies[:1])[:MAX_WORDING_CHARS],
    }
    return f"{reverse('admin:triage_savedreply_add')}?{urlencode(filled)}"
