"""What customers ask and nobody's text answers, and how ready drafts are sent."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from tickets.access import ADMINS, require_role
from triage.contract.answers import shorten_words
from triage.learning.answer_report import GapGroup, find_gap_groups, measure_readiness

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
    return render(request, "triage/answers.html", shown)


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
